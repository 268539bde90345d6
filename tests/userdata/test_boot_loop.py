"""abandon.sh with the real AWS CLI against the emulated AWS: hosts that fail one after the other stop their group."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.server import EmulatedAws
from tests.e2e.support import need
from tests.rehearsal.aws.cloud import GROUP, Cloud
from tests.userdata.host import Host, make_host

pytestmark = pytest.mark.e2e

ALARM = "vllm-boot-loop-dev"


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    need(shutil.which("aws") is not None, "no AWS CLI (python -m pip install awscli)")
    with EmulatedAws(play_host=False, waits=ManualClock(), heartbeats=ManualClock()) as aws:
        cloud = Cloud(aws)
        aws.client("cloudwatch").put_metric_alarm(
            AlarmName=ALARM,
            Namespace="vLLM",
            MetricName="BootLoop",
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanOrEqualToThreshold",
            TreatMissingData="ignore",
        )
        cloud.create_group()
        yield cloud


@pytest.fixture
def host(tmp_path: Path, cloud: Cloud) -> Host:
    host = make_host(tmp_path / "host", BOOT_LOOP_ALARM=ALARM)
    program = shutil.which("aws")
    settings = " ".join(f"{name}='{value}'" for name, value in cloud.aws.environment().items())
    host.fake("aws", f'exec env {settings} HOME="$HOME" {program} "$@"')
    return host


def fail_the_launch(host: Host, cloud: Cloud) -> str:
    """What the instance that boots now does when its GPUs are missing; the output."""
    instance_id = cloud.instance_id(state="Pending:Wait")
    host.fake("curl", f'case "$*" in *api/token*) echo token ;; *) echo {instance_id} ;; esac')
    start = host.path("opt") / "start.sh"
    start.write_text('exec "$SCRIPTS_DIR/abandon.sh" gpus "4 GPUs needed, found 0"\n')
    result = host.run("start.sh")
    assert result.status == 0, result.output
    return result.output


def is_stopped(cloud: Cloud) -> bool:
    return [process["ProcessName"] for process in cloud.group()["SuspendedProcesses"]] == ["Launch"]


def live(cloud: Cloud) -> list[str]:
    return [state for _, state in cloud.states() if not state.startswith("Terminating")]


def test_the_third_failure_in_a_row_is_the_last_launch(host: Host, cloud: Cloud) -> None:
    for _ in range(2):
        assert "Launch is suspended" not in fail_the_launch(host, cloud)
        assert not is_stopped(cloud)
        assert live(cloud) == ["Pending:Wait"]
    assert "step gpus failed in 3 launches in a row" in fail_the_launch(host, cloud)
    assert is_stopped(cloud)
    assert live(cloud) == []
    (alarm,) = cloud.aws.client("cloudwatch").describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
    assert alarm["StateValue"] == "ALARM"
    assert "4 GPUs needed, found 0" in alarm["StateReason"]
    # As `ops rollout --resume` does: one more failure of the same version stops it again.
    cloud.autoscaling.resume_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch"])
    assert live(cloud) == ["Pending:Wait"]
    fail_the_launch(host, cloud)
    assert is_stopped(cloud)


def test_failures_before_a_success_do_not_count(host: Host, cloud: Cloud) -> None:
    for _ in range(2):
        fail_the_launch(host, cloud)
    cloud.complete(cloud.instance_id(state="Pending:Wait"))
    cloud.aws.client("autoscaling").set_desired_capacity(AutoScalingGroupName=GROUP, DesiredCapacity=2)
    fail_the_launch(host, cloud)
    assert not is_stopped(cloud)
    assert len(live(cloud)) == 2


def test_a_refresh_is_left_to_fail_by_itself(host: Host, cloud: Cloud) -> None:
    cloud.complete(cloud.instance_id(state="Pending:Wait"))
    cloud.start_refresh(cloud.new_version("broken"))
    failures = 0
    while cloud.refresh()["Status"] in ("Pending", "InProgress") and failures < 5:
        fail_the_launch(host, cloud)
        failures += 1
        assert not is_stopped(cloud)
    assert failures >= 1
    assert cloud.refresh()["Status"].startswith(("Rollback", "Failed"))
