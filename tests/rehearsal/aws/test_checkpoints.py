"""A refresh pauses at its checkpoints and bakes at its end; an alarm meanwhile calls it back."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.aws.checkpoints import Checkpoints, Pace, checkpoints_of
from rehearsal.aws.clock import ManualClock
from tests.rehearsal.aws.cloud import DEREGISTRATION_S, WARMUP_S, Cloud

DELAY_S = 900


def ring(cloud: Cloud, state: str = "ALARM") -> None:
    cloud.aws.client("cloudwatch").set_alarm_state(AlarmName="bad", StateValue=state, StateReason="a test")


def watched(cloud: Cloud, *, size: int) -> None:
    cloud.create_group(size=size)
    cloud.aws.client("cloudwatch").put_metric_alarm(
        AlarmName="bad",
        Namespace="n",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )


def begin(cloud: Cloud, percentages: list[int], **more: Any) -> None:
    cloud.start_refresh(
        cloud.new_version("second"),
        MaxHealthyPercentage=150,
        CheckpointPercentages=percentages,
        CheckpointDelay=DELAY_S,
        AlarmSpecification={"Alarms": ["bad"]},
        **more,
    )
    assert cloud.refresh()["Status"] == "InProgress"


def replace_one(cloud: Cloud, waits: ManualClock) -> None:
    waits.advance(WARMUP_S)
    cloud.refresh()
    waits.advance(DEREGISTRATION_S)
    cloud.refresh()


def test_it_waits_after_the_first_from_the_end_of_the_warm_up_and_not_after_the_last(
    played: Cloud, waits: ManualClock
) -> None:
    watched(played, size=2)
    begin(played, [50, 100])
    replace_one(played, waits)
    assert sorted(played.states()) == [("1", "InService"), ("2", "InService")]
    waits.advance(DELAY_S - DEREGISTRATION_S - 1)
    assert (len(played.states()), played.refresh()["PercentageComplete"]) == (2, 50)
    waits.advance(1)
    assert len(played.states()) == 3
    replace_one(played, waits)
    assert played.refresh()["Status"] == "Successful"
    assert played.states() == [("2", "InService")] * 2


def test_it_says_where_it_pauses(played: Cloud) -> None:
    watched(played, size=2)
    begin(played, [50, 100])
    preferences = played.refresh()["Preferences"]
    assert (preferences["CheckpointPercentages"], preferences["CheckpointDelay"]) == ([50, 100], DELAY_S)
    assert preferences["AlarmSpecification"] == {"Alarms": ["bad"]}


def test_an_alarm_during_the_pause_calls_it_back(played: Cloud, waits: ManualClock) -> None:
    watched(played, size=2)
    begin(played, [50, 100])
    replace_one(played, waits)
    ring(played)
    assert played.refresh()["Status"] == "RollbackInProgress"
    assert "bad" in played.refresh()["StatusReason"]
    replace_one(played, waits)
    assert played.refresh()["Status"] == "RollbackSuccessful"
    assert played.states() == [("1", "InService")] * 2


def test_an_alarm_that_rings_already_ends_it_before_anything_is_replaced(played: Cloud) -> None:
    watched(played, size=2)
    before = played.group()["Instances"]
    ring(played)
    begin_version = played.new_version("second")
    played.start_refresh(begin_version, AlarmSpecification={"Alarms": ["bad"]})
    assert played.refresh()["Status"] == "RollbackSuccessful"
    assert [item["InstanceId"] for item in played.group()["Instances"]] == [item["InstanceId"] for item in before]


def test_it_ends_at_the_last_one_below_all(played: Cloud, waits: ManualClock) -> None:
    watched(played, size=2)
    begin(played, [50])
    replace_one(played, waits)
    assert played.refresh()["Status"] == "Successful"
    assert sorted(played.states()) == [("1", "InService"), ("2", "InService")]


def test_a_bake_time_keeps_it_open_at_its_end(played: Cloud, waits: ManualClock) -> None:
    watched(played, size=1)
    begin(played, [100], BakeTime=300)
    replace_one(played, waits)
    assert (played.refresh()["Status"], played.refresh()["PercentageComplete"]) == ("InProgress", 100)
    waits.advance(300)
    assert played.refresh()["Status"] == "Successful"


def test_a_checkpoint_that_the_next_has_overtaken_is_skipped() -> None:
    pace = Pace(checkpoints=Checkpoints(percentages=(10, 40, 100), delay_s=60))
    assert pace.may_be_new(2, ready=0, now_s=0) == 1
    assert pace.may_be_new(2, ready=1, now_s=10) == 1
    assert pace.passed == 40
    assert pace.may_be_new(2, ready=1, now_s=70) == 2


def test_without_a_delay_it_is_an_hour() -> None:
    assert checkpoints_of({"CheckpointPercentages": [50, 100]}) == Checkpoints(percentages=(50, 100), delay_s=3600)


@pytest.mark.parametrize("percentages", [[0, 100], [50, 50], [100, 50], [101]])
def test_percentages_that_make_no_sense(percentages: list[int]) -> None:
    with pytest.raises(ValueError, match="ascending"):
        checkpoints_of({"CheckpointPercentages": percentages})
