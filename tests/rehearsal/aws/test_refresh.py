"""Instance refresh: launch before terminate, warm-up, rollback, cancel, and what AWS refuses."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.clock import ManualClock
from tests.rehearsal.aws.cloud import Cloud

GROUP = "replicas"
DEREGISTRATION_S, WARMUP_S = 60, 120


def test_the_replacement_serves_and_warms_up_before_the_old_one_goes(cloud: Cloud, waits: ManualClock) -> None:
    cloud.create_group()
    old = cloud.instance_id(state="Pending:Wait")
    cloud.complete(old)
    cloud.start_refresh(cloud.new_version("second"))
    assert cloud.states() == [("1", "InService"), ("2", "Pending:Wait")]
    assert cloud.refresh()["Status"] == "InProgress"
    cloud.complete(cloud.instance_id(state="Pending:Wait"))
    waits.advance(WARMUP_S - 1)
    assert cloud.states() == [("1", "InService"), ("2", "InService")]
    assert (cloud.refresh()["PercentageComplete"], cloud.refresh()["InstancesToUpdate"]) == (0, 1)
    waits.advance(1)
    assert cloud.states() == [("1", "Terminating"), ("2", "InService")]
    waits.advance(DEREGISTRATION_S)
    assert cloud.states() == [("1", "Terminating:Wait"), ("2", "InService")]
    assert cloud.refresh()["Status"] == "InProgress"
    cloud.complete(old, hook="vllm-terminating")
    assert cloud.states() == [("2", "InService")]
    assert (cloud.refresh()["Status"], cloud.refresh()["PercentageComplete"]) == ("Successful", 100)


def test_the_group_gets_the_desired_configuration_at_the_end_only(played: Cloud, waits: ManualClock) -> None:
    played.create_group()
    assert played.states() == [("1", "InService")]
    played.start_refresh(played.new_version("second"))
    assert played.states() == [("1", "InService"), ("2", "InService")]
    assert played.group()["LaunchTemplate"]["Version"] == "1"
    waits.advance(WARMUP_S)
    assert played.refresh()["Status"] == "InProgress"
    waits.advance(DEREGISTRATION_S)
    assert played.refresh()["Status"] == "Successful"
    assert played.group()["LaunchTemplate"]["Version"] == "2"


def test_one_more_at_a_time_when_the_maximum_leaves_room_for_one(played: Cloud, waits: ManualClock) -> None:
    played.create_group(size=3)
    assert played.states() == [("1", "InService")] * 3
    played.start_refresh(played.new_version("second"), MaxHealthyPercentage=133)
    sizes = []
    for _ in range(3):
        sizes.append(len(played.states()))
        waits.advance(WARMUP_S)
        assert played.refresh()["Status"] == "InProgress"
        waits.advance(DEREGISTRATION_S)
    assert played.refresh()["Status"] == "Successful"
    assert sizes == [4, 4, 4]
    assert played.states() == [("2", "InService")] * 3


def test_afterwards_the_zones_hold_as_many_as_before(played: Cloud, waits: ManualClock) -> None:
    played.create_group(size=2)
    played.start_refresh(played.new_version("second"), MaxHealthyPercentage=150)
    for _ in range(2):
        assert played.refresh()["Status"] == "InProgress"
        waits.advance(WARMUP_S)
        assert played.refresh()["Status"] == "InProgress"
        waits.advance(DEREGISTRATION_S)
    assert played.refresh()["Status"] == "Successful"
    assert sorted(item["AvailabilityZone"] for item in played.group()["Instances"]) == ["us-east-1a", "us-east-1b"]


def test_a_replacement_that_fails_rolls_back_and_the_old_one_still_serves(played: Cloud) -> None:
    played.create_group()
    old = played.instance_id(state="InService")
    played.start_refresh(played.new_version("broken"))
    assert played.refresh()["Status"] == "RollbackSuccessful"
    assert "ABANDON" in played.refresh()["StatusReason"]
    assert played.refresh()["RollbackDetails"]["InstancesToUpdateOnRollback"] == 1
    assert played.states() == [("1", "InService")]
    assert played.instance_id(state="InService") == old
    assert played.group()["LaunchTemplate"]["Version"] == "1"


def test_a_rollback_replaces_what_was_already_replaced(cloud: Cloud, waits: ManualClock) -> None:
    cloud.create_group(size=2)
    for instance in cloud.group()["Instances"]:
        cloud.complete(instance["InstanceId"])
    cloud.start_refresh(cloud.new_version("second"), MaxHealthyPercentage=150)
    cloud.complete(cloud.instance_id(state="Pending:Wait"))
    waits.advance(WARMUP_S)
    assert cloud.refresh()["PercentageComplete"] == 50
    waits.advance(DEREGISTRATION_S)
    cloud.complete(cloud.instance_id(state="Terminating:Wait"), hook="vllm-terminating")
    assert sorted(cloud.states()) == [("1", "InService"), ("2", "InService"), ("2", "Pending:Wait")]
    cloud.complete(cloud.instance_id(state="Pending:Wait"), result="ABANDON")
    assert cloud.refresh()["Status"] == "RollbackInProgress"
    assert ("1", "Pending:Wait") in cloud.states()
    cloud.complete(cloud.instance_id(state="Terminating:Wait"), hook="vllm-terminating")
    cloud.complete(cloud.instance_id(state="Pending:Wait"))
    waits.advance(WARMUP_S)
    assert cloud.refresh()["Status"] == "RollbackInProgress"
    waits.advance(DEREGISTRATION_S)
    cloud.complete(cloud.instance_id(state="Terminating:Wait"), hook="vllm-terminating")
    assert (cloud.refresh()["Status"], cloud.refresh()["PercentageComplete"]) == ("RollbackSuccessful", 0)
    assert cloud.states() == [("1", "InService")] * 2


def test_without_auto_rollback_it_fails_and_says_why(played: Cloud) -> None:
    played.create_group()
    played.start_refresh(played.new_version("broken"), AutoRollback=False)
    assert played.refresh()["Status"] == "Failed"
    assert "ABANDON" in played.refresh()["StatusReason"]
    assert ("1", "InService") in played.states()


def test_a_manual_rollback_undoes_it(cloud: Cloud) -> None:
    cloud.create_group()
    cloud.complete(cloud.instance_id(state="Pending:Wait"))
    cloud.start_refresh(cloud.new_version("second"), AutoRollback=False)
    assert ("2", "Pending:Wait") in cloud.states()
    cloud.autoscaling.rollback_instance_refresh(AutoScalingGroupName=GROUP)
    assert cloud.refresh()["Status"] == "RollbackInProgress"
    assert ("2", "Terminating:Wait") in cloud.states()
    cloud.complete(cloud.instance_id(state="Terminating:Wait"), hook="vllm-terminating")
    assert cloud.refresh()["Status"] == "RollbackSuccessful"


def test_cancel_ends_it_where_it_is(cloud: Cloud) -> None:
    cloud.create_group()
    cloud.complete(cloud.instance_id(state="Pending:Wait"))
    cloud.start_refresh(cloud.new_version("second"))
    assert ("2", "Pending:Wait") in cloud.states()
    cloud.autoscaling.cancel_instance_refresh(AutoScalingGroupName=GROUP)
    assert cloud.refresh()["Status"] == "Cancelled"
    with pytest.raises(ClientError) as refused:
        cloud.autoscaling.cancel_instance_refresh(AutoScalingGroupName=GROUP)
    assert refused.value.response["Error"]["Code"] == "ActiveInstanceRefreshNotFound"


def test_skip_matching_leaves_what_is_already_so(played: Cloud) -> None:
    played.create_group()
    before = played.instance_id(state="InService")
    played.start_refresh("1", SkipMatching=True)
    assert played.refresh()["Status"] == "Successful"
    assert played.instance_id(state="InService") == before


def test_the_minimum_alone_lets_the_old_one_go_first(cloud: Cloud) -> None:
    cloud.create_group(hooks=[])
    assert cloud.states() == [("1", "InService")]
    cloud.autoscaling.start_instance_refresh(
        AutoScalingGroupName=GROUP, Preferences={"MinHealthyPercentage": 90, "InstanceWarmup": 0}
    )
    assert cloud.states() == [("1", "Terminating"), ("1", "InService")]


@pytest.mark.parametrize(
    ("least", "most", "size", "at_once"),
    [
        (100, 100, 1, ["InService", "Pending:Wait"]),  # both bounds at 100: one more, whatever they say
        (100, 110, 1, ["InService", "Pending:Wait"]),  # no whole instance of room: one more all the same
        (100, 200, 2, ["InService", "InService", "Pending:Wait", "Pending:Wait"]),
        (50, 100, 2, ["InService", "Pending:Wait", "Terminating"]),  # room below: none above
    ],
)
def test_the_bounds_say_what_comes_first(cloud: Cloud, least: int, most: int, size: int, at_once: list[str]) -> None:
    cloud.create_group(size=size)
    for instance in cloud.group()["Instances"]:
        cloud.complete(instance["InstanceId"])
    cloud.start_refresh(cloud.new_version("second"), MinHealthyPercentage=least, MaxHealthyPercentage=most)
    assert sorted(state for _, state in cloud.states()) == at_once


def test_a_rollback_goes_to_what_the_group_has_which_may_be_the_new_version(played: Cloud) -> None:
    """The Terraform and pulumi-aws providers first update the group, then start the refresh with the same version."""
    played.create_group()
    served = played.instance_id(state="InService")
    broken = {"LaunchTemplateId": played.template_id, "Version": played.new_version("broken")}
    played.autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, LaunchTemplate=broken)
    played.start_refresh(broken["Version"])
    assert played.refresh()["Status"] == "RollbackSuccessful"
    assert played.instance_id(state="InService") == served, "what served before still does"
    assert played.group()["LaunchTemplate"]["Version"] == broken["Version"], "but the next launch is the broken one"


def test_an_alarm_fails_it(played: Cloud) -> None:
    played.aws.client("cloudwatch").put_metric_alarm(
        AlarmName="hot", Namespace="N", MetricName="M", Period=60, EvaluationPeriods=1, Threshold=1,
        Statistic="Sum", ComparisonOperator="GreaterThanThreshold",
    )  # fmt: skip
    played.create_group()
    played.start_refresh(played.new_version("second"), AlarmSpecification={"Alarms": ["hot"]})
    assert played.refresh()["Status"] == "InProgress"
    played.aws.client("cloudwatch").set_alarm_state(AlarmName="hot", StateValue="ALARM", StateReason="test")
    assert played.refresh()["Status"] == "RollbackInProgress"


def test_one_at_a_time(cloud: Cloud) -> None:
    cloud.create_group()
    cloud.start_refresh(cloud.new_version("second"))
    with pytest.raises(ClientError) as refused:
        cloud.start_refresh("2")
    assert refused.value.response["Error"]["Code"] == "InstanceRefreshInProgress"


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({"Preferences": {"AutoRollback": True}}, "no DesiredConfiguration"),
        ({"Preferences": {"MaxHealthyPercentage": 200}}, "MinHealthyPercentage must be specified"),
        ({"Preferences": {"MinHealthyPercentage": 50, "MaxHealthyPercentage": 200}}, "cannot exceed 100"),
        ({"Preferences": {"CheckpointPercentages": [50, 20]}}, "in ascending order"),
        ({"Preferences": {"CheckpointDelay": 60}}, "CheckpointPercentages must be specified"),
        ({"Strategy": "ReplaceRootVolume"}, "Rolling strategy only"),
    ],
)
def test_what_is_refused(cloud: Cloud, request_: dict[str, object], message: str) -> None:
    cloud.create_group()
    with pytest.raises(ClientError, match=message):
        cloud.autoscaling.start_instance_refresh(AutoScalingGroupName=GROUP, **request_)


def test_defaults_come_from_the_group(cloud: Cloud) -> None:
    policy = {"MinHealthyPercentage": 100, "MaxHealthyPercentage": 110}
    cloud.create_group(InstanceMaintenancePolicy=policy)
    cloud.autoscaling.start_instance_refresh(AutoScalingGroupName=GROUP)
    preferences = cloud.refresh()["Preferences"]
    assert {name: preferences[name] for name in policy} == policy
    assert preferences["InstanceWarmup"] == WARMUP_S
