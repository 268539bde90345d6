"""When a server is found unhealthy, and above all when not."""

from __future__ import annotations

import pytest

from userdata.files.agent.health import Health, Limits, Seen, State, Unit, Verdict, judge
from userdata.files.agent.metrics import Load

LIMITS = Limits(stall_s=180, ready_s=900)
UP = Unit(state="active", invocation="first")
AGAIN = Unit(state="active", invocation="second")
RESTARTING = Unit(state="activating", invocation="first")
IDLE = Load(requests=0, signature=("tokens 10",))
SERVED = Health(proven_s=1000, proven_in="first", completed_in="first", signature=IDLE.signature)


def stuck(requests: int) -> Load:
    """The same numbers at each look."""
    return Load(requests=requests, signature=IDLE.signature)


def worked(requests: int) -> Load:
    return Load(requests=requests, signature=("tokens 11",))


def look(
    after_s: float, *, load: Load | None = IDLE, vllm: Unit = UP, docker: str = "active", completion: bool = False
) -> Seen:
    return Seen(now_s=1000 + after_s, vllm=vllm, docker=Unit(state=docker), load=load, completion=completion)


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        pytest.param(look(100_000, load=worked(40)), State.SERVING, id="busy, with progress"),
        pytest.param(look(179, load=stuck(40)), State.SERVING, id="a step that takes long"),
        pytest.param(look(180, load=stuck(40)), State.UNHEALTHY, id="hung with requests"),
        pytest.param(look(180, load=stuck(0)), State.UNHEALTHY, id="hung while idle: no completion came back"),
        pytest.param(look(5000, load=stuck(0), completion=True), State.SERVING, id="idle, completion came back"),
        pytest.param(look(5000, load=stuck(7), completion=True), State.SERVING, id="numbers stand, completions come"),
        pytest.param(look(179, load=None), State.SERVING, id="metrics silent for a while"),
        pytest.param(look(180, load=None), State.UNHEALTHY, id="metrics silent and no completion"),
        pytest.param(look(5000, load=None, completion=True), State.SERVING, id="metrics silent, completions come"),
        pytest.param(look(5000, load=Load(requests=0, signature=())), State.SERVING, id="a server without the series"),
        pytest.param(look(5, load=None, vllm=RESTARTING), State.SERVING, id="process dead, systemd restarts it"),
        pytest.param(look(899, load=None, vllm=AGAIN), State.LOADING, id="reloading"),
        pytest.param(look(900, load=None, vllm=AGAIN), State.UNHEALTHY, id="reloading for ever"),
        pytest.param(look(899, vllm=AGAIN), State.SERVING, id="reloaded"),
        pytest.param(look(1, vllm=Unit(state="failed")), State.UNHEALTHY, id="failed unit"),
        pytest.param(
            look(1, vllm=Unit(state="inactive"), docker="failed"), State.UNHEALTHY, id="failed container engine"
        ),
        pytest.param(look(50_000, load=None, vllm=Unit(state="inactive")), State.STOPPED, id="stopped by a person"),
        pytest.param(look(1000, load=stuck(40), vllm=Unit(state="deactivating")), State.STOPPED, id="draining"),
    ],
)
def test_one_look_at_a_server_that_served_before(seen: Seen, state: State) -> None:
    assert judge(SERVED, seen, LIMITS)[1].state is state


def follow(*looks: Seen, start: Health | None = None) -> list[Verdict]:
    """The verdicts of looks that follow each other."""
    health = start or Health(proven_s=1000)
    verdicts = []
    for seen in looks:
        health, verdict = judge(health, seen, LIMITS)
        verdicts.append(verdict)
    return verdicts


def test_a_server_that_is_busy_all_day_is_never_unhealthy_though_no_completion_comes_back() -> None:
    looks = (look(10 * n, load=Load(requests=200, signature=(f"kv {n // 15}",))) for n in range(8640))
    verdicts = follow(*looks, start=SERVED)
    assert {verdict.state for verdict in verdicts} == {State.SERVING}


def test_a_crash_in_each_start_ends_after_the_time_of_one_start() -> None:
    starts = (look(60.0 * n, load=None, vllm=Unit(state="active", invocation=str(n))) for n in range(20))
    states = [verdict.state for verdict in follow(*starts, start=SERVED)]
    assert states.index(State.UNHEALTHY) == 15
    assert set(states[:15]) == {State.LOADING}


def test_the_time_of_a_stop_by_a_person_does_not_count() -> None:
    stopped = look(100_000, load=None, vllm=Unit(state="inactive", invocation="first"))
    verdicts = follow(stopped, look(100_899, load=None, vllm=AGAIN), look(100_900, load=None, vllm=AGAIN), start=SERVED)
    assert [verdict.state for verdict in verdicts] == [State.STOPPED, State.LOADING, State.UNHEALTHY]


def test_a_failed_unit_that_a_person_starts_again_has_its_time() -> None:
    failed = look(5000, vllm=Unit(state="failed"), load=None)
    assert follow(failed, look(5010, load=None, vllm=AGAIN), start=SERVED)[1].state is State.LOADING


def test_a_restarted_agent_gives_a_hung_server_its_whole_time() -> None:
    verdicts = follow(*(look(10.0 * n, load=stuck(3)) for n in range(19)))
    assert [verdict.state for verdict in verdicts] == [State.SERVING] * 18 + [State.UNHEALTHY]


def test_work_after_a_stall_ends_the_verdict() -> None:
    verdicts = follow(look(200, load=stuck(3)), look(210, load=worked(3)), start=SERVED)
    assert [verdict.state for verdict in verdicts] == [State.UNHEALTHY, State.SERVING]


@pytest.mark.parametrize(
    ("seen", "asks"),
    [
        (look(29, load=stuck(5)), False),
        (look(30, load=stuck(5)), True),
        (look(59, load=stuck(0)), False),
        (look(60, load=stuck(0)), True),
        (look(600, load=worked(5)), False),
        (look(1, vllm=AGAIN), True),
        (look(1, load=None, vllm=AGAIN), False),
    ],
)
def test_a_completion_is_asked_for_when_progress_does_not_tell(seen: Seen, asks: bool) -> None:
    assert judge(SERVED, seen, LIMITS)[1].ask is asks


@pytest.mark.parametrize("stall_s", [30, 180, 900])
def test_two_completions_may_fail_before_a_server_is_given_up(stall_s: float) -> None:
    limits = Limits(stall_s=stall_s, ready_s=900)
    for before_s in (limits.ask_busy_s, limits.ask_idle_s):
        assert before_s + 2 * limits.ask_timeout_s <= stall_s


def test_a_start_of_the_server_counts_as_complete_after_one_completion_of_its_own() -> None:
    verdicts = follow(look(1), look(2, vllm=AGAIN), look(3, vllm=AGAIN, completion=True), start=SERVED)
    assert [verdict.completed for verdict in verdicts] == [True, False, True]


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (look(200, load=stuck(12)), "vLLM hangs: no completion and no progress for 200 s, 12 requests in it"),
        (look(200, load=None), "vLLM hangs: no answer and no completion for 200 s"),
        (look(950, load=None, vllm=AGAIN), "vLLM does not serve 950 s after it last did"),
        (look(1, vllm=Unit(state="failed")), "vllm.service failed: systemd restarts it no more"),
    ],
)
def test_the_reason_says_what_was_seen(seen: Seen, reason: str) -> None:
    assert judge(SERVED, seen, LIMITS)[1].reason == reason
