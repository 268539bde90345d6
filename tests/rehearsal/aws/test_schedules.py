"""Scheduled actions happen at their time, in their time zone, and move a group's bounds."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.schedules import next_run
from rehearsal.aws.server import EmulatedAws
from tests.rehearsal.aws.cloud import GROUP, Cloud

MONDAY = datetime(2026, 7, 6, 4, 0, tzinfo=UTC)  # 6:00 in Berlin
HOUR_S = 3600


@pytest.fixture
def wall() -> ManualClock:
    return ManualClock()


@pytest.fixture
def fleet(waits: ManualClock, wall: ManualClock) -> Iterator[Cloud]:
    with EmulatedAws(waits=waits, wall=wall, started=MONDAY) as aws:
        yield Cloud(aws)


def schedule(cloud: Cloud, name: str, recurrence: str, **more: Any) -> None:
    cloud.autoscaling.put_scheduled_update_group_action(
        AutoScalingGroupName=GROUP,
        ScheduledActionName=name,
        Recurrence=recurrence,
        TimeZone="Europe/Berlin",
        **more,
    )


def bounds(cloud: Cloud) -> tuple[int, int, int]:
    group = cloud.group()
    return group["MinSize"], group["MaxSize"], group["DesiredCapacity"]


def test_bounds_come_and_go_with_the_time_of_their_zone(fleet: Cloud, wall: ManualClock) -> None:
    fleet.create_group(size=0, most=2)
    schedule(fleet, "day-start", "0 8 * * 1-5", MinSize=1, MaxSize=4)
    schedule(fleet, "day-end", "0 20 * * 1-5", MinSize=0, MaxSize=2)
    wall.advance(2 * HOUR_S - 1)
    assert bounds(fleet) == (0, 2, 0)
    wall.advance(1)
    assert bounds(fleet) == (1, 4, 1)
    assert fleet.states() == [("1", "InService")]
    assert "scheduled action day-start executed" in fleet.activities()[0]["Cause"]
    wall.advance(12 * HOUR_S)
    assert bounds(fleet) == (0, 2, 1), "what runs goes on until it is scaled in"
    wall.advance(12 * HOUR_S)
    assert bounds(fleet) == (1, 4, 1)


def test_it_says_when_it_runs_next(fleet: Cloud) -> None:
    fleet.create_group()
    schedule(fleet, "day", "0 8 * * 1-5", MinSize=1)
    (found,) = fleet.autoscaling.describe_scheduled_actions(AutoScalingGroupName=GROUP)["ScheduledUpdateGroupActions"]
    assert found["StartTime"] == datetime(2026, 7, 6, 6, 0, tzinfo=UTC)
    assert found["TimeZone"] == "Europe/Berlin"
    assert "DesiredCapacity" not in found


def test_a_suspended_process_runs_none(fleet: Cloud, wall: ManualClock) -> None:
    fleet.create_group(size=1)
    schedule(fleet, "day", "0 8 * * *", MinSize=2)
    fleet.autoscaling.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["ScheduledActions"])
    wall.advance(3 * HOUR_S)
    assert bounds(fleet)[0] == 1


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"Recurrence": "0 25 * * *", "MinSize": 1}, "recurrence"),
        ({"Recurrence": "0 8 * * *", "TimeZone": "Europe/Atlantis", "MinSize": 1}, "Europe/Atlantis"),
        ({"Recurrence": "0 8 * * *"}, "At least one of"),
        ({"Recurrence": "0 8 * * *", "MinSize": 1, "AutoScalingGroupName": "other"}, "not found"),
    ],
)
def test_what_is_refused(fleet: Cloud, more: dict[str, Any], message: str) -> None:
    fleet.create_group()
    given = {"AutoScalingGroupName": GROUP, "ScheduledActionName": "day"}
    with pytest.raises(ClientError, match=message):
        fleet.autoscaling.put_scheduled_update_group_action(**(given | more))


def test_they_go_with_their_group(fleet: Cloud) -> None:
    fleet.create_group()
    schedule(fleet, "day", "0 8 * * *", MinSize=1)
    fleet.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=GROUP, ForceDelete=True)
    assert fleet.autoscaling.describe_scheduled_actions()["ScheduledUpdateGroupActions"] == []


def test_daylight_saving_time_is_followed() -> None:
    winter = datetime(2026, 1, 5, 0, 0, tzinfo=UTC)
    assert next_run("0 8 * * *", time_zone="Europe/Berlin", after=winter).hour == 7
    assert next_run("0 8 * * *", time_zone="Europe/Berlin", after=MONDAY).hour == 6
    assert next_run("0 8 * * *", time_zone=None, after=MONDAY).hour == 8
