"""A stack whose least number of replicas is 0: what rings while it is empty, wakes, serves, and fails to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.program.cases import load_case
from tests.program.ringing.stage import Stage, stage

pytestmark = pytest.mark.e2e  # hours of a stack, minute by minute

CASE = "to-zero"
EMPTY: Mapping[str, Mapping[str, float]] = {"missing-replicas": {"least": 0, "desired": 0, "serving": 0}}
BOOTS: Mapping[str, Mapping[str, float]] = {
    "missing-replicas": {"least": 0, "desired": 1, "serving": 0},
    "no-capacity": {"total": 1},
}
SERVES: Mapping[str, Mapping[str, float]] = {
    "to-zero": {"load": 0},
    "missing-replicas": {"least": 0, "desired": 1, "serving": 1},
    "no-capacity": {"total": 1},
    "no-healthy-host": {"healthy": 1},
    "metrics-missing": {"reporting": 0},  # a restart counted by one host
}


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Stage]:
    with stage(tmp_path, case=CASE, hosts=0, measured=False) as running:
        yield running


def minutes(stage: Stage, count: int, values: Mapping[str, Mapping[str, float]]) -> None:
    for _ in range(count):
        for id_, each in values.items():
            stage.put(id_, each)
        stage.minute()


def ringing(stage: Stage) -> set[str]:
    found = stage.cloudwatch.describe_alarms(StateValue="ALARM", AlarmTypes=["MetricAlarm"])["MetricAlarms"]
    names = {name: id_ for id_, name in stage.alarms.items()}
    return {names[alarm["AlarmName"]] for alarm in found}


def boot_minutes() -> int:
    return load_case(CASE).plan.timers.boot_deadline_s // 60


def test_an_empty_stack_is_quiet_and_so_is_one_that_wakes(empty: Stage) -> None:
    minutes(empty, 90, EMPTY)
    assert ringing(empty) == set()
    minutes(empty, 1, {**EMPTY, "wake-up": {"refused": 1}})
    minutes(empty, 3, EMPTY)
    assert [name for name, state in empty.told() if state == "ALARM"] == []
    minutes(empty, boot_minutes(), BOOTS)
    minutes(empty, 30, SERVES)
    assert ringing(empty) <= {"to-zero"}
    assert [name for name, state in empty.told() if state == "ALARM"] == []


def test_a_wake_up_that_ends_in_no_service_rings(empty: Stage) -> None:
    minutes(empty, 10, EMPTY)
    minutes(empty, boot_minutes() * 2, BOOTS)
    assert ringing(empty) == {"missing-replicas"}
    assert (empty.alarms["missing-replicas-told"], "ALARM") in empty.told()
    minutes(empty, 10, SERVES)
    assert "missing-replicas" not in ringing(empty)


def test_a_wake_up_without_a_machine_rings(empty: Stage) -> None:
    minutes(empty, 10, EMPTY)
    minutes(empty, 20, {**BOOTS, "no-capacity": {"total": 0}})
    assert ringing(empty) == {"no-capacity"}


def test_a_replica_in_service_that_nobody_reaches_is_an_outage(empty: Stage) -> None:
    minutes(empty, 10, SERVES)
    minutes(empty, 10, {**SERVES, "no-healthy-host": {"healthy": 0}})
    assert "no-healthy-host" in ringing(empty)
    assert (empty.alarms["service-down"], "ALARM") in empty.told()


def test_an_idle_stack_goes_to_zero_and_a_request_wakes_it(empty: Stage) -> None:
    minutes(empty, 45, SERVES)
    assert "to-zero" in ringing(empty)
    minutes(empty, 10, {**SERVES, "to-zero": {"load": 0, "requests": 4}})
    assert "to-zero" not in ringing(empty)
    minutes(empty, 3, {**EMPTY, "wake-up": {"refused": 2}})
    assert "wake-up" in ringing(empty)
