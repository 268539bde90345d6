"""Scaling policies that alarms execute: simple, step and target tracking, with cooldown, warm-up and bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.scaling import adjustment
from rehearsal.aws.server import EmulatedAws
from tests.rehearsal.aws.cloud import GROUP, WARMUP_S, Cloud

DIMENSIONS = [{"Name": "Stack", "Value": "dev"}]
BALANCER = [{"Name": "LoadBalancer", "Value": "app/front/0"}]


@pytest.fixture
def wall() -> ManualClock:
    return ManualClock()


@pytest.fixture
def fleet(waits: ManualClock, wall: ManualClock) -> Iterator[Cloud]:
    with EmulatedAws(waits=waits, wall=wall) as aws:
        yield Cloud(aws)


def minute(cloud: Cloud, wall: ManualClock) -> None:
    wall.advance(60)
    cloud.aws.judge_alarms()


def put(cloud: Cloud, name: str, value: float, *, namespace: str = "vLLM", dimensions: Any = DIMENSIONS) -> None:
    entry = {"MetricName": name, "Dimensions": dimensions, "Timestamp": cloud.aws.now, "Value": value}
    cloud.aws.client("cloudwatch").put_metric_data(Namespace=namespace, MetricData=[entry])


def policy(cloud: Cloud, name: str, **more: Any) -> str:
    answer = cloud.autoscaling.put_scaling_policy(AutoScalingGroupName=GROUP, PolicyName=name, **more)
    return str(answer["PolicyARN"])


def alarm(cloud: Cloud, arn: str, **more: Any) -> None:
    given: dict[str, Any] = {
        "AlarmName": "signal",
        "Namespace": "vLLM",
        "MetricName": "Load",
        "Dimensions": DIMENSIONS,
        "Statistic": "Average",
        "Period": 60,
        "EvaluationPeriods": 1,
        "Threshold": 1,
        "ComparisonOperator": "GreaterThanThreshold",
        "TreatMissingData": "notBreaching",
        "AlarmActions": [arn],
    }
    cloud.aws.client("cloudwatch").put_metric_alarm(**(given | more))


def ring(cloud: Cloud) -> None:
    for state in ("OK", "ALARM"):
        cloud.aws.client("cloudwatch").set_alarm_state(AlarmName="signal", StateValue=state, StateReason="a test")


def desired(cloud: Cloud) -> int:
    return int(cloud.group()["DesiredCapacity"])


def wake_up(cloud: Cloud) -> None:
    arn = policy(
        cloud,
        "wake-up",
        PolicyType="StepScaling",
        AdjustmentType="ChangeInCapacity",
        EstimatedInstanceWarmup=600,
        StepAdjustments=[{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    )

    def term(id_: str, namespace: str, name: str, dimensions: Any, statistic: str) -> dict[str, Any]:
        metric = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}
        return {"Id": id_, "MetricStat": {"Metric": metric, "Period": 60, "Stat": statistic}, "ReturnData": False}

    cloud.aws.client("cloudwatch").put_metric_alarm(
        AlarmName="signal",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Threshold=0,
        TreatMissingData="notBreaching",
        AlarmActions=[arn],
        Metrics=[
            term("refused", "AWS/ApplicationELB", "HTTPCode_ELB_503_Count", BALANCER, "Sum"),
            term("wanted", "AWS/AutoScaling", "GroupDesiredCapacity", [], "Maximum"),
            {"Id": "result", "Expression": "IF(FILL(wanted, 0) < 1, refused, 0)", "ReturnData": True},
        ],
    )


def test_a_refused_request_starts_the_first_instance(fleet: Cloud, wall: ManualClock) -> None:
    fleet.create_group(size=0, most=2)
    wake_up(fleet)
    minute(fleet, wall)
    assert fleet.states() == []
    put(fleet, "HTTPCode_ELB_503_Count", 1, namespace="AWS/ApplicationELB", dimensions=BALANCER)
    minute(fleet, wall)
    assert fleet.states() == [("1", "InService")]
    cause = fleet.activities()[0]["Cause"]
    assert "alarm signal in state ALARM triggered policy wake-up changing the desired capacity from 0 to 1" in cause


def test_what_is_warming_up_counts_as_there(fleet: Cloud, wall: ManualClock, waits: ManualClock) -> None:
    fleet.create_group(size=0, most=3)
    wake_up(fleet)
    for _ in range(3):
        put(fleet, "HTTPCode_ELB_503_Count", 5, namespace="AWS/ApplicationELB", dimensions=BALANCER)
        minute(fleet, wall)
        assert desired(fleet) == 1
    waits.advance(600)
    put(fleet, "HTTPCode_ELB_503_Count", 5, namespace="AWS/ApplicationELB", dimensions=BALANCER)
    minute(fleet, wall)
    assert desired(fleet) == 2, "in ALARM the policy is executed each minute"


def test_a_simple_policy_waits_for_its_cooldown(fleet: Cloud, wall: ManualClock, waits: ManualClock) -> None:
    fleet.create_group(size=1, most=4, DesiredCapacity=4)
    alarm(fleet, policy(fleet, "in", AdjustmentType="ChangeInCapacity", ScalingAdjustment=-1, Cooldown=900))
    for expected in (3, 3):
        put(fleet, "Load", 2)
        minute(fleet, wall)
        assert desired(fleet) == expected
    waits.advance(900)
    for _ in range(4):
        put(fleet, "Load", 2)
        minute(fleet, wall)
        waits.advance(900)
    assert desired(fleet) == 1, "never below the minimum"


def test_an_exact_capacity(fleet: Cloud) -> None:
    fleet.create_group(size=0, most=4, DesiredCapacity=3)
    alarm(fleet, policy(fleet, "to-zero", AdjustmentType="ExactCapacity", ScalingAdjustment=0, Cooldown=0))
    ring(fleet)
    assert desired(fleet) == 0


def track(cloud: Cloud) -> str:
    return policy(
        cloud,
        "out",
        PolicyType="TargetTrackingScaling",
        TargetTrackingConfiguration={
            "CustomizedMetricSpecification": {
                "Namespace": "vLLM",
                "MetricName": "Load",
                "Dimensions": DIMENSIONS,
                "Statistic": "Average",
            },
            "TargetValue": 0.75,
            "DisableScaleIn": True,
        },
    )


def test_target_tracking_has_an_alarm_of_its_own_and_goes_out_in_proportion(
    fleet: Cloud, wall: ManualClock, waits: ManualClock
) -> None:
    fleet.create_group(size=2, most=4)
    arn = track(fleet)
    waits.advance(WARMUP_S)
    for _ in range(3):
        assert desired(fleet) == 2
        put(fleet, "Load", 1.1)
        minute(fleet, wall)
    assert desired(fleet) == 3
    (made,) = fleet.aws.client("cloudwatch").describe_alarms(AlarmNamePrefix="TargetTracking-")["MetricAlarms"]
    assert (made["AlarmActions"], made["EvaluationPeriods"], made["Threshold"]) == ([arn], 3, 0.75)
    (described,) = fleet.autoscaling.describe_policies(AutoScalingGroupName=GROUP)["ScalingPolicies"]
    assert described["Alarms"][0]["AlarmName"] == made["AlarmName"]


def test_it_is_gone_with_its_policy(fleet: Cloud) -> None:
    fleet.create_group(size=1)
    track(fleet)
    fleet.autoscaling.delete_policy(AutoScalingGroupName=GROUP, PolicyName="out")
    assert fleet.aws.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    track(fleet)
    fleet.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=GROUP, ForceDelete=True)
    assert fleet.aws.client("cloudwatch").describe_alarms()["MetricAlarms"] == []


def test_a_suspended_process_executes_nothing_and_the_history_says_so(fleet: Cloud) -> None:
    fleet.create_group(size=1)
    alarm(fleet, policy(fleet, "more", AdjustmentType="ChangeInCapacity", ScalingAdjustment=1))
    fleet.autoscaling.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["AlarmNotification"])
    ring(fleet)
    assert desired(fleet) == 1
    history = fleet.aws.client("cloudwatch").describe_alarm_history(AlarmName="signal", HistoryItemType="Action")
    assert "AlarmNotification is suspended" in history["AlarmHistoryItems"][0]["HistorySummary"]


def test_execute_policy_is_for_trying_out(fleet: Cloud) -> None:
    fleet.create_group(size=1)
    policy(fleet, "more", AdjustmentType="PercentChangeInCapacity", ScalingAdjustment=50)
    fleet.autoscaling.execute_policy(AutoScalingGroupName=GROUP, PolicyName="more")
    assert desired(fleet) == 2


@pytest.mark.parametrize(
    ("above", "expected"), [(0.0, 1), (9.9, 1), (10.0, 3), (500.0, 3), (-1.0, None)], ids=lambda value: str(value)
)
def test_the_step_is_that_of_the_breach(above: float, expected: int | None) -> None:
    steps = [
        {"MetricIntervalLowerBound": 0.0, "MetricIntervalUpperBound": 10.0, "ScalingAdjustment": 1},
        {"MetricIntervalLowerBound": 10.0, "ScalingAdjustment": 3},
    ]
    assert adjustment(steps, above=above) == expected
