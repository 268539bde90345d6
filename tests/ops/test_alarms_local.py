"""``ops alarms`` on this machine: states from Prometheus, messages by Alertmanager."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ops.alarms_seen import Seen
from ops.drill import OVER, TEST
from ops.errors import OpsError
from ops.local_alarms import LocalAlarms
from ops.rollout import Clock
from rehearsal.aws.clock import ManualClock
from tests.ops.deployed_stack import Folder, make_folder
from tests.ops.prometheus_stand_in import StandIn, rule, standing

ROUTES = Path(__file__)
"""Any file: it is Alertmanager that reads it."""
LOCAL = "config:\n  vllm:target: local\n  vllm:model: Qwen/Qwen2.5-1.5B-Instruct\n"
WATCHED = LOCAL + "  vllm:monitoring: {prometheus: local}\n  vllm:endpoint: {port: 9}\n"


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    rules = [
        rule("requests-waiting", "firing"),
        rule("kv-cache-full", "inactive"),
        rule("slow-boot", "pending"),
        rule("gpu-xid", "firing", health="err", lastError="many-to-many matching not allowed"),
    ]
    with standing(StandIn(rules=rules)) as started:
        yield started


def alarms(stand_in: StandIn) -> LocalAlarms:
    clock = ManualClock()
    return LocalAlarms(
        stack="local",
        prometheus=stand_in.url,
        alertmanager=stand_in.url,
        routes=ROUTES,
        clock=Clock(now_s=clock.seconds, sleep=clock.advance),
    )


def quiet(stand_in: StandIn) -> Seen:
    return next(alarm for alarm in alarms(stand_in).watched().alarms if alarm.id == "kv-cache-full")


def ignore(_line: str) -> None:
    pass


def test_states_are_those_of_prometheus(stand_in: StandIn) -> None:
    found = {alarm.id: alarm for alarm in alarms(stand_in).watched().alarms}
    assert {name: alarm.state for name, alarm in found.items()} == {
        "requests-waiting": "ALARM",
        "kv-cache-full": "OK",
        "slow-boot": "PENDING",
        "gpu-xid": "INSUFFICIENT_DATA",
    }
    assert found["requests-waiting"].since == datetime(2026, 11, 29, 15, 45, 7, 728395, tzinfo=UTC)
    assert found["requests-waiting"].reason == "Requests wait (value 3e+00)"
    assert found["kv-cache-full"].since is None
    assert found["gpu-xid"].reason == "many-to-many matching not allowed"


def test_a_test_is_an_alert_of_its_own_that_ends(stand_in: StandIn) -> None:
    said: list[str] = []
    outcome = alarms(stand_in).test(quiet(stand_in), timeout_s=60, say=said.append)
    assert (outcome.passed, outcome.detail) == (True, "its message went out")
    begin, end = stand_in.posted
    labels = {"alertname": "kv-cache-full", "severity": "warning", "stack": "local", "test": "true"}
    assert begin["labels"] == end["labels"] == labels
    assert (begin["annotations"]["summary"], end["annotations"]["summary"]) == (TEST, OVER)
    assert datetime.fromisoformat(begin["endsAt"]) > datetime.now(UTC) >= datetime.fromisoformat(end["endsAt"])
    assert "group_wait" in said[0]


def test_an_alert_that_is_not_delivered_is_a_failure(stand_in: StandIn) -> None:
    stand_in.delivers = False
    outcome = alarms(stand_in).test(quiet(stand_in), timeout_s=60, say=ignore)
    assert not outcome.passed
    assert outcome.detail == "Alertmanager could not deliver it: docker logs vllm-local-alertmanager"
    assert len(stand_in.posted) == 2, "it ends all the same"


def test_an_alert_that_nobody_is_told_of_is_a_failure(stand_in: StandIn) -> None:
    stand_in.tells = False
    outcome = alarms(stand_in).test(quiet(stand_in), timeout_s=60, say=ignore)
    assert not outcome.passed
    assert outcome.detail == f"Alertmanager has told nobody within 60 s; {ROUTES} says whom it tells, and when"


def test_where_nobody_is_told_nothing_is_tried(stand_in: StandIn) -> None:
    untold = replace(alarms(stand_in), routes=Path("/nowhere/alertmanager.yml"))
    outcome = untold.test(quiet(stand_in), timeout_s=60, say=ignore)
    assert not outcome.passed
    assert "nobody is told: write /nowhere/alertmanager.yml" in outcome.detail
    assert stand_in.posted == []


def test_a_prometheus_without_rules_says_so(stand_in: StandIn) -> None:
    stand_in.rules.clear()
    with pytest.raises(OpsError, match="it has no rules: docker logs vllm-local-prometheus"):
        alarms(stand_in).watched()


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = make_folder(tmp_path, outputs=None, environment={})
    made.stack_file("local").write_text(WATCHED)
    return made


@pytest.mark.parametrize("arguments", [("list",), ("test",), ("test", "kv-cache-full"), ("test", "--all")])
def test_a_stack_that_nothing_watches_says_how_to_watch_it(folder: Folder, arguments: tuple[str, ...]) -> None:
    folder.stack_file("local").write_text(LOCAL)
    done = folder.ops("alarms", *arguments, "--stack", "local")
    assert (done.returncode, done.stdout) == (2, "")
    assert "vllm:monitoring: {prometheus: local}" in done.stderr


def test_a_prometheus_that_is_down_is_named(folder: Folder) -> None:
    done = folder.ops("alarms", "list", "--stack", "local")
    assert done.returncode == 1
    assert "docker ps --all --filter name=vllm-local-prometheus" in done.stderr
