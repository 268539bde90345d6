"""What a moment of a rollout means."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ops.errors import OpsError
from ops.rollout import Clock, default_timeout_s, follow
from ops.rollout.state import FailedLaunch, HostReport, Instance, Refresh, Snapshot, judge

LAUNCHING = Instance(id="i-0aa", state="Pending:Wait", template_version="1", target=None)
SERVING = Instance(id="i-0bb", state="InService", template_version="1", target="healthy")
FAILED = FailedLaunch(
    activity_id="activity-1",
    instance_id="i-0cc",
    reason="Lifecycle Action Completed with ABANDON Result",
    report=HostReport(step="image", status="failed", reason="no such tag"),
)
NO_CAPACITY = FailedLaunch(activity_id="activity-2", instance_id=None, reason="InsufficientInstanceCapacity: none left")
EMPTY = Snapshot(wanted=1, template_version="1", launch_suspended=False, instances=(), refresh=None, failed_launches=())


def refresh(status: str) -> Refresh:
    return Refresh(id="r", status=status, percent=50, reason="")


@pytest.mark.parametrize(
    ("snapshot", "state"),
    [
        (EMPTY, "going"),
        (replace(EMPTY, instances=(LAUNCHING,)), "going"),
        (replace(EMPTY, instances=(SERVING,)), "served"),
        (replace(EMPTY, wanted=0), "served"),
        (replace(EMPTY, wanted=0, launch_suspended=True), "failed"),
        (replace(EMPTY, wanted=0, failed_launches=(FAILED,)), "served"),
        (replace(EMPTY, wanted=0, refresh=refresh("RollbackSuccessful")), "failed"),
        (replace(EMPTY, wanted=0, refresh=refresh("Cancelled")), "served"),
        (replace(EMPTY, wanted=2, instances=(SERVING, LAUNCHING)), "going"),
        (replace(EMPTY, instances=(replace(SERVING, target="unhealthy"),)), "going"),
        (replace(EMPTY, instances=(replace(SERVING, target=None),)), "going"),
        (replace(EMPTY, instances=(SERVING,), refresh=refresh("InProgress")), "going"),
        (replace(EMPTY, instances=(SERVING,), refresh=refresh("RollbackInProgress")), "going"),
        (replace(EMPTY, instances=(SERVING,), refresh=refresh("Successful")), "served"),
        (replace(EMPTY, instances=(SERVING,), refresh=refresh("RollbackSuccessful")), "failed"),
        (replace(EMPTY, instances=(), refresh=refresh("Failed")), "failed"),
        (replace(EMPTY, template_version="2", instances=(SERVING,), refresh=refresh("Cancelled")), "failed"),
        (replace(EMPTY, instances=(SERVING,), refresh=refresh("Cancelled")), "served"),
        (replace(EMPTY, launch_suspended=True), "failed"),
        (replace(EMPTY, launch_suspended=True, instances=(SERVING,)), "served"),
        (replace(EMPTY, launch_suspended=True, instances=(LAUNCHING,)), "going"),
        (replace(EMPTY, failed_launches=(FAILED,)), "failed"),
        (replace(EMPTY, failed_launches=(FAILED,), instances=(LAUNCHING,)), "going"),
        (replace(EMPTY, failed_launches=(FAILED,), instances=(SERVING,)), "served"),
        (replace(EMPTY, failed_launches=(NO_CAPACITY,)), "going"),
    ],
)
def test_the_first_look(snapshot: Snapshot, state: str) -> None:
    assert judge(snapshot).state == state


def test_only_launches_that_failed_since_one_began_to_look_count() -> None:
    snapshot = replace(EMPTY, failed_launches=(FAILED,), instances=(LAUNCHING,))
    assert judge(snapshot, known_failures=frozenset({"activity-1"})).state == "going"
    assert judge(snapshot, known_failures=frozenset()).state == "failed"


def test_a_failure_names_host_step_and_reason() -> None:
    assert judge(replace(EMPTY, failed_launches=(FAILED,))).reason == "i-0cc failed, step image failed: no such tag"


def test_a_rollback_names_the_host_that_caused_it() -> None:
    snapshot = replace(EMPTY, refresh=refresh("RollbackSuccessful"), failed_launches=(FAILED,), instances=(SERVING,))
    reason = judge(snapshot).reason
    assert reason.startswith("rolled back")
    assert "step image failed: no such tag" in reason


def test_an_alarm_that_called_it_back_is_named_with_what_serves_now() -> None:
    called = replace(refresh("RollbackSuccessful"), called_back_by=("vllm-dev-server-errors",))
    snapshot = replace(EMPTY, template_version="2", refresh=called, failed_launches=(FAILED,), instances=(SERVING,))
    assert judge(snapshot).reason == (
        "rolled back: the alarm vllm-dev-server-errors called it back; 1 of 1 replicas serve, of version 1; the next "
        "launch uses version 2, which failed: put the change right or back, then pulumi up"
    )


def test_a_rollback_that_failed_says_when_nothing_serves() -> None:
    assert "; nothing serves; " in judge(replace(EMPTY, refresh=refresh("RollbackFailed"))).reason


def test_no_capacity_names_the_types_and_zones() -> None:
    short = replace(NO_CAPACITY, types=("g6.2xlarge", "g5.2xlarge"), zones=("us-east-1a", "us-east-1b"))
    snapshot = replace(EMPTY, failed_launches=(short,))
    assert snapshot.lines()[0] == (
        "AWS has no g6.2xlarge or g5.2xlarge free in us-east-1a, us-east-1b and is asked again: "
        "InsufficientInstanceCapacity: none left"
    )


def test_an_empty_fleet_says_what_starts_it() -> None:
    assert judge(replace(EMPTY, wanted=0)).reason == "nothing runs, the first request starts one"
    assert replace(EMPTY, wanted=0).lines() == ["nothing runs, the first request starts one"]


def ignore(_line: str) -> None:
    pass


class Ticks:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds

    def clock(self) -> Clock:
        return Clock(now_s=lambda: self.now_s, sleep=self.sleep)


def test_lines_are_said_once_and_again_when_they_come_back() -> None:
    moments = [EMPTY, replace(EMPTY, instances=(LAUNCHING,)), replace(EMPTY, instances=(LAUNCHING,))]
    moments.append(replace(EMPTY, instances=(SERVING,)))
    said: list[str] = []
    moment = iter(moments)
    _, verdict = follow(lambda: next(moment), timeout_s=100, clock=Ticks().clock(), say=said.append)
    assert verdict.state == "served"
    assert said == [
        "0 of 1 replicas serve",
        "i-0aa Pending:Wait",
        "i-0bb InService, target healthy",
        "1 of 1 replicas serve",
    ]


def test_following_ends_at_its_time() -> None:
    with pytest.raises(OpsError, match="not over after 30 s"):
        follow(lambda: EMPTY, timeout_s=30, clock=Ticks().clock(), say=ignore)


def test_an_old_failure_beside_a_new_launch_is_waited_out() -> None:
    before = replace(EMPTY, failed_launches=(FAILED,), instances=(LAUNCHING,))
    moment = iter([before, replace(before, instances=()), replace(before, instances=(SERVING,))])
    _, verdict = follow(lambda: next(moment), timeout_s=100, clock=Ticks().clock(), say=ignore)
    assert verdict.state == "served"


def test_the_time_limit_is_the_plans_timers_for_every_replica() -> None:
    timers = {"boot_deadline_s": 1000, "deregistration_delay_s": 300, "stop_timeout_s": 200}
    assert default_timeout_s({"timers": timers, "replicas": {"max": 2}}) == 2 * (1500 + 600)
    baked = {"timers": timers, "replicas": {"max": 2, "most": 3}, "change": {"bake_s": 300, "checkpoints": [33, 100]}}
    assert default_timeout_s(baked) == 3 * (1500 + 600 + 300) + 300
    assert default_timeout_s({"timers": {}}) == 3600
    assert default_timeout_s(None) == 3600
