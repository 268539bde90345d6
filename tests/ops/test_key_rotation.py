"""Hosts take new keys one after the other, whatever happens meanwhile. Time and hosts are played."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import pytest

from ops.errors import OpsError
from ops.key_hosts import HostKeys, keys_in
from ops.key_rotation import NOTICE_S, Rotation, gap, host_timeout_s, surge
from ops.rollout import Clock
from ops.rollout.state import Instance, Refresh, Snapshot

OLD, NEW = "version-1", "version-2"
TAKES_S = 60.0  # from the tag to the target that is healthy again


@dataclass(kw_only=True)
class Played:
    """Hosts that leave the rotation when they are told, and are back after ``TAKES_S`` with the keys of then.

    ``out`` counts, for each moment that was looked at, how many did not serve."""

    versions: dict[str, str | None]
    current: str | None = NEW
    now_s: float = 0
    states: dict[str, str] = field(default_factory=dict)
    told: list[tuple[str, str]] = field(default_factory=list)
    back_at_s: dict[str, float] = field(default_factory=dict)
    failures: dict[str, HostKeys] = field(default_factory=dict)
    deaf: bool = False
    refresh: Refresh | None = None
    out: list[int] = field(default_factory=list)
    events: list[tuple[float, Callable[[], object]]] = field(default_factory=list)  # what happens when

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        for event in [event for event in self.events if event[0] <= self.now_s]:
            self.events.remove(event)
            event[1]()

    def _settle(self) -> None:
        for id_, back_s in list(self.back_at_s.items()):
            if self.now_s >= back_s:
                del self.back_at_s[id_]
                self.versions[id_] = self.current

    def observe(self) -> Snapshot:
        self._settle()
        instances = tuple(
            Instance(
                id=id_,
                state=self.states.get(id_, "InService"),
                template_version="1",
                target="unused" if id_ in self.back_at_s or id_ in self.states else "healthy",
            )
            for id_ in self.versions
        )
        self.out.append(sum(not instance.serves for instance in instances))
        return Snapshot(
            wanted=len(instances),
            template_version="1",
            launch_suspended=False,
            instances=instances,
            refresh=self.refresh,
            failed_launches=(),
        )

    def version(self) -> str | None:
        return self.current

    def keys_of(self, instance_id: str) -> HostKeys:
        return self.failures.get(instance_id) or HostKeys(version=self.versions[instance_id])

    def tell(self, instance_id: str, version: str) -> None:
        self.told.append((instance_id, version))
        if not self.deaf:
            self.back_at_s[instance_id] = self.now_s + TAKES_S

    def replace_all(self) -> str:
        self.refresh = Refresh(id="r-1", status="InProgress", percent=0, reason="")
        return "r-1"


def ignore(_line: str) -> None:
    pass


def rotation(played: Played, said: list[str] | None = None) -> Rotation:
    return Rotation(
        hosts=played,
        stack="dev",
        timeout_s=600,
        gap="a while",
        clock=Clock(now_s=lambda: played.now_s, sleep=played.sleep),
        say=ignore if said is None else said.append,
    )


def fleet(count: int, version: str | None = OLD) -> Played:
    return Played(versions={f"i-{number}": version for number in range(count)})


def test_hosts_take_the_keys_one_after_the_other() -> None:
    played = fleet(3)
    assert rotation(played).run() == ("i-0", "i-1", "i-2")
    assert played.told == [("i-0", NEW), ("i-1", NEW), ("i-2", NEW)]
    assert set(played.versions.values()) == {NEW}
    assert max(played.out) == 1


def test_hosts_that_have_them_are_passed_over() -> None:
    """As when a rotation was interrupted."""
    played = fleet(3)
    played.versions["i-0"] = NEW
    assert rotation(played).run() == ("i-1", "i-2")


def test_one_that_never_said_what_it_has_is_told() -> None:
    assert rotation(fleet(1, None)).run() == ("i-0",)


def test_no_host_no_work() -> None:
    assert rotation(fleet(0)).run() == ()


def test_nothing_begins_while_a_replica_does_not_serve() -> None:
    played = fleet(2)
    played.back_at_s["i-1"] = 100
    assert rotation(played).run() == ("i-0",), "the other came back with the new keys"
    assert max(played.out) == 1


def test_one_replica_is_said_to_be_away_for_a_while() -> None:
    said: list[str] = []
    rotation(fleet(1), said).run()
    assert said[0] == "one replica: nobody is served for a while; --surge adds a host before"
    more: list[str] = []
    rotation(fleet(2), more).run()
    assert not any("one replica" in line for line in more)


def test_a_host_that_cannot_take_them_ends_it_and_the_others_are_left() -> None:
    played = fleet(2)
    played.deaf = True
    failed = HostKeys(version=OLD, failure="vLLM runs on with its former keys: damaged", failed_at=7)
    played.events.append((10, lambda: played.failures.update({"i-0": failed})))
    with pytest.raises(OpsError, match="damaged; the other hosts are left as they are") as caught:
        rotation(played).run()
    assert caught.value.problem.example == "python -m ops keys restart --stack dev"
    assert [id_ for id_, _ in played.told] == ["i-0"]


def test_a_failure_of_before_does_not_count() -> None:
    played = fleet(1)
    played.failures["i-0"] = HostKeys(version=OLD, failure="throttled", failed_at=7)
    played.events.append((30, played.failures.clear))
    assert rotation(played).run() == ("i-0",)


def test_a_host_that_does_not_hear_is_not_waited_for_long() -> None:
    played = fleet(2)
    played.deaf = True
    with pytest.raises(OpsError, match="does its agent run"):
        rotation(played).run()
    assert played.now_s < NOTICE_S + 10


def test_a_host_that_does_not_come_back_ends_it() -> None:
    played = fleet(2)
    played.back_at_s["i-1"] = 10_000
    with pytest.raises(OpsError, match=r"not done after 600 s, waiting until every replica serves: i-1"):
        rotation(played).run()
    assert played.told == []


def test_keys_that_change_once_more_meanwhile_are_taken_too() -> None:
    played = fleet(2)
    played.events.append((20, lambda: setattr(played, "current", "version-3")))
    rotation(played).run()
    assert set(played.versions.values()) == {"version-3"}
    assert max(played.out) == 1


def test_a_host_that_goes_meanwhile_is_not_waited_for() -> None:
    played = fleet(2)
    played.events.append((20, lambda: played.versions.pop("i-0")))
    assert rotation(played).run() == ("i-1",)


@pytest.mark.parametrize(("version", "told"), [(NEW, []), (OLD, ["i-1"])], ids=["with the new", "with the old"])
def test_a_host_that_boots_is_waited_for_if_it_has_the_old_ones(version: str, told: list[str]) -> None:
    played = fleet(2)
    played.versions = {"i-0": NEW, "i-1": version}
    played.states["i-1"] = "Pending:Wait"
    played.events.append((100, lambda: played.states.pop("i-1")))
    assert rotation(played).run() == tuple(told)
    assert played.now_s < (10 if not told else 300)


def test_hosts_that_wait_for_their_first_key_are_not_waited_for() -> None:
    played = fleet(2, None)
    for id_ in played.versions:
        played.states[id_] = "Pending:Wait"
        played.failures[id_] = HostKeys(waits=True)
    assert rotation(played).run() == ()
    assert played.now_s == 0


def test_a_host_that_may_have_read_the_old_keys_has_time_to_say_so() -> None:
    played = fleet(1, None)
    played.states["i-0"] = "Pending:Wait"
    played.events.append((8, lambda: played.versions.update({"i-0": OLD})))
    played.events.append((60, lambda: played.states.pop("i-0")))
    assert rotation(played).run() == ("i-0",)


def test_a_rollout_under_way_is_not_disturbed() -> None:
    played = fleet(2)
    played.refresh = Refresh(id="r-0", status="InProgress", percent=50, reason="")
    with pytest.raises(OpsError, match="a rollout is under way"):
        rotation(played).run()
    assert played.told == []


def test_without_any_key_nobody_is_told() -> None:
    played = replace(fleet(1), current=None)
    with pytest.raises(OpsError, match="there is no key yet"):
        rotation(played).run()


def test_a_surge_is_followed_to_its_end() -> None:
    played = fleet(1)
    clock = Clock(now_s=lambda: played.now_s, sleep=played.sleep)
    done = Refresh(id="r-1", status="Successful", percent=100, reason="")
    played.events.append((50, lambda: setattr(played, "refresh", done)))
    said: list[str] = []
    surge(played, timeout_s=600, clock=clock, say=said.append, stack="dev")
    assert 50 <= played.now_s < 60
    assert any("instance refresh InProgress" in line for line in said)


def test_a_surge_that_fails_says_who_has_which_keys() -> None:
    played = fleet(1)
    clock = Clock(now_s=lambda: played.now_s, sleep=played.sleep)
    failed = Refresh(id="r-1", status="Failed", percent=0, reason="no capacity")
    played.events.append((50, lambda: setattr(played, "refresh", failed)))
    played.events.append((45, lambda: played.states.update({"i-0": "Standby"})))
    with pytest.raises(OpsError, match="the hosts that were not replaced have their former keys"):
        surge(played, timeout_s=600, clock=clock, say=ignore, stack="dev")


def event(step: str, status: str, reason: str = "") -> str:
    return f'{{"step": "{step}", "status": "{status}", "reason": "{reason}"}}'


@pytest.mark.parametrize(
    ("events", "keys"),
    [
        ([], HostKeys()),
        (["noise", "[]", event("image", "ok")], HostKeys()),
        ([event("secrets", "waiting", "the API key not set")], HostKeys(waits=True)),
        ([event("secrets", "waiting"), event("secrets", "ok", "keys of version 1")], HostKeys(version="1")),
        ([event("secrets", "ok", "keys of version 1"), event("boot", "ok")], HostKeys(version="1")),
        (
            [event("secrets", "ok", "keys of version 1"), event("keys", "ok", "keys of version 2")],
            HostKeys(version="2"),
        ),
        (
            [event("secrets", "ok", "keys of version 1"), event("keys", "failed", "why")],
            HostKeys(version="1", failure="why", failed_at=1),
        ),
        ([event("keys", "failed", "why"), event("keys", "ok", "keys of version 2, for ...")], HostKeys(version="2")),
        ([event("probe", "ok", "keys of version 9")], HostKeys()),
    ],
)
def test_what_a_host_has_said(events: list[str], keys: HostKeys) -> None:
    assert keys_in(enumerate(events)) == keys


PLAN = {
    "timers": {
        "boot_deadline_s": 1800,
        "stop_timeout_s": 130,
        "shutdown_timeout_s": 120,
        "health_interval_s": 10,
        "healthy_threshold": 2,
    },
    "cold_start_s": {"load": 30, "engine": 100, "probe": 10},
}


def test_times_are_the_plans() -> None:
    assert gap(PLAN) == "about 160 s while vLLM starts, after up to 120 s in which it ends the requests that run"
    assert gap(None) == "as long as vLLM takes to end its requests and to start"
    assert host_timeout_s(PLAN) == 2530
    assert host_timeout_s({}) == 3600
