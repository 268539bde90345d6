"""``ops rollout --resume``: a group whose launches a boot loop stopped launches again, and its alarm is over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.server import EmulatedAws
from tests.ops.deployed_stack import Folder, make_folder
from tests.rehearsal.aws.cloud import GROUP, Cloud

ALARM = "vllm-dev-boot-loop"
METRIC = {"Namespace": "vLLM", "MetricName": "BootLoop", "Dimensions": [{"Name": "Stack", "Value": "dev"}]}


@pytest.fixture
def waits() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cloud(waits: ManualClock) -> Iterator[Cloud]:
    """The test completes the hooks."""
    with EmulatedAws(play_host=False, waits=waits) as aws:
        yield Cloud(aws)


@pytest.fixture
def folder(cloud: Cloud, tmp_path: Path) -> Folder:
    cloud.aws.client("logs").create_log_group(logGroupName="hosts")
    outputs = {"autoscaling_group": GROUP, "target_group_arn": cloud.target_group_arn, "log_group": "hosts"}
    return make_folder(tmp_path, outputs=outputs, environment=cloud.aws.environment())


def stop(cloud: Cloud) -> None:
    """As the third host that gives up does."""
    cloud.create_group(size=0, DesiredCapacity=0)
    cloud.autoscaling.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch"])
    cloud.autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=1, DesiredCapacity=1)


def ring(cloud: Cloud) -> Any:
    cloudwatch = cloud.aws.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=ALARM,
        **METRIC,
        Statistic="Maximum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanOrEqualToThreshold",
        TreatMissingData="ignore",
    )
    cloudwatch.set_alarm_state(AlarmName=ALARM, StateValue="ALARM", StateReason="step gpus failed in 3 launches")
    return cloudwatch


def state(cloudwatch: Any) -> str:
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
    return str(alarm["StateValue"])


def newest_value(cloudwatch: Any) -> float:
    """What the alarm will find at its next evaluation."""
    now = datetime.now(tz=UTC)
    points = cloudwatch.get_metric_statistics(
        **METRIC,
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(hours=1),
        Period=60,
        Statistics=["Minimum"],
    )["Datapoints"]
    return float(max(points, key=lambda point: point["Timestamp"])["Minimum"])


def test_the_group_launches_again_and_the_alarm_is_over(cloud: Cloud, folder: Folder) -> None:
    stop(cloud)
    cloudwatch = ring(cloud)
    assert cloud.group()["Instances"] == []
    done = folder.ops("rollout", "--resume", "--stack", "dev", "--json")
    assert done.returncode == 0, done.stdout
    assert "the group launches again" in done.stderr
    assert json.loads(done.stdout)["launch_suspended"] is False
    assert cloud.group()["SuspendedProcesses"] == []
    assert state(cloudwatch) == "OK"
    assert newest_value(cloudwatch) == 0


def test_what_else_is_suspended_stays(cloud: Cloud, folder: Folder) -> None:
    stop(cloud)
    cloud.autoscaling.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["ReplaceUnhealthy"])
    assert folder.ops("rollout", "--resume", "--stack", "dev").returncode == 0
    assert [process["ProcessName"] for process in cloud.group()["SuspendedProcesses"]] == ["ReplaceUnhealthy"]


def test_it_can_be_said_twice(cloud: Cloud, folder: Folder) -> None:
    stop(cloud)
    cloudwatch = ring(cloud)
    assert folder.ops("rollout", "--resume", "--stack", "dev").returncode == 0
    again = folder.ops("rollout", "--resume", "--stack", "dev")
    assert (again.returncode, state(cloudwatch)) == (0, "OK")
    assert "were not stopped" in again.stderr


def test_a_stack_without_the_alarm_is_resumed_too(cloud: Cloud, folder: Folder) -> None:
    stop(cloud)
    done = folder.ops("rollout", "--resume", "--stack", "dev")
    assert (done.returncode, cloud.group()["SuspendedProcesses"]) == (0, [])


def test_a_group_that_is_gone_is_said_to_be(cloud: Cloud, folder: Folder) -> None:
    done = folder.ops("rollout", "--resume", "--stack", "dev")
    assert done.returncode == 1
    assert "is gone: pulumi refresh" in done.stderr


def test_a_stopped_group_says_how_to_go_on(cloud: Cloud, folder: Folder) -> None:
    stop(cloud)
    stopped = folder.ops("rollout", "--stack", "dev")
    assert stopped.returncode == 1
    assert "python -m ops rollout --resume" in stopped.stderr
