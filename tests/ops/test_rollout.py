"""``ops rollout`` against an emulated AWS: first launches and refreshes, good and bad."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ops.errors import OpsError
from ops.rollout import Clock, follow
from ops.rollout.view import Fleet, reports
from rehearsal.aws.clock import ManualClock
from rehearsal.aws.server import EmulatedAws
from rehearsal.aws.settings import Guest, HookResult
from tests.ops.deployed_stack import make_folder
from tests.rehearsal.aws.cloud import GROUP, Cloud

LOG_GROUP = "hosts"


def host(guest: Guest) -> HookResult | None:
    """Fails its boot when its user data says so."""
    return "ABANDON" if guest.transition == "launching" and "broken" in guest.user_data else "CONTINUE"


@pytest.fixture
def waits() -> ManualClock:
    return ManualClock()


@pytest.fixture
def played(waits: ManualClock) -> Iterator[Cloud]:
    with EmulatedAws(host=host, waits=waits) as aws:
        yield Cloud(aws)


@pytest.fixture
def cloud(waits: ManualClock) -> Iterator[Cloud]:
    """The test completes the hooks."""
    with EmulatedAws(play_host=False, waits=waits) as aws:
        yield Cloud(aws)


def fleet(cloud: Cloud) -> Fleet:
    logs = cloud.aws.client("logs")
    if not logs.describe_log_groups()["logGroups"]:
        logs.create_log_group(logGroupName=LOG_GROUP)
    return Fleet(
        autoscaling=cloud.autoscaling,
        elbv2=cloud.elb,
        logs=logs,
        group=GROUP,
        target_group_arn=cloud.target_group_arn,
        log_group=LOG_GROUP,
    )


def write_report(cloud: Cloud, instance_id: str, **event: Any) -> None:
    """As the host does."""
    logs = cloud.aws.client("logs")
    logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=instance_id)
    message = json.dumps({"reason": "", "duration_s": 1.5, **event})
    events = [{"timestamp": time.time_ns() // 1_000_000, "message": message}]
    logs.put_log_events(logGroupName=LOG_GROUP, logStreamName=instance_id, logEvents=events)


def ignore(_line: str) -> None:
    pass


def moving(waits: ManualClock) -> Clock:
    """Waiting moves AWS's clock."""
    return Clock(now_s=waits.seconds, sleep=waits.advance)


def test_a_first_launch_is_followed_until_it_serves(played: Cloud, waits: ManualClock) -> None:
    played.create_group()
    said: list[str] = []
    snapshot, verdict = follow(fleet(played).observe, timeout_s=600, clock=moving(waits), say=said.append)
    assert verdict.state == "served"
    assert snapshot.serving == 1
    assert said[-1] == "1 of 1 replicas serve"


def test_what_a_host_waits_for_is_said(cloud: Cloud, waits: ManualClock) -> None:
    cloud.create_group()
    view = fleet(cloud)
    instance_id = cloud.instance_id(state="Pending:Wait")
    write_report(cloud, instance_id, step="secrets", status="waiting", reason="no API key: python -m ops keys add")
    expected = f"{instance_id} Pending:Wait, step secrets waiting: no API key: python -m ops keys add"
    assert expected in view.observe().lines()


def test_a_failing_first_launch_names_the_step(cloud: Cloud, waits: ManualClock) -> None:
    cloud.create_group()
    view = fleet(cloud)
    instance_id = cloud.instance_id(state="Pending:Wait")
    write_report(cloud, instance_id, step="image", status="failed", reason="no such tag")
    pending = iter([lambda: cloud.complete(instance_id, result="ABANDON")])
    clock = Clock(now_s=waits.seconds, sleep=lambda _: next(pending, lambda: waits.advance(1))())
    _, verdict = follow(view.observe, timeout_s=600, clock=clock, say=ignore)
    assert verdict.state == "failed"
    assert verdict.reason == f"{instance_id} failed, step image failed: no such tag"


def test_a_refresh_is_followed_to_its_end(played: Cloud, waits: ManualClock) -> None:
    played.create_group()
    view = fleet(played)
    follow(view.observe, timeout_s=600, clock=moving(waits), say=ignore)
    played.start_refresh(played.new_version("second"))
    said: list[str] = []
    snapshot, verdict = follow(view.observe, timeout_s=3600, clock=moving(waits), say=said.append)
    assert verdict.state == "served"
    assert [instance.template_version for instance in snapshot.instances] == ["2"]
    assert any(line.startswith("instance refresh InProgress") for line in said)
    assert any(line.startswith("instance refresh Successful, 100 %") for line in said)


def test_a_refresh_that_rolls_back_has_failed(played: Cloud, waits: ManualClock) -> None:
    played.create_group()
    view = fleet(played)
    follow(view.observe, timeout_s=600, clock=moving(waits), say=ignore)
    played.start_refresh(played.new_version("broken"))
    snapshot, verdict = follow(view.observe, timeout_s=36_000, clock=moving(waits), say=ignore)
    assert verdict.state == "failed"
    assert "roll" in verdict.reason.lower()
    assert [instance.template_version for instance in snapshot.instances] == ["1"]


def test_an_alarm_that_calls_a_refresh_back_is_named(played: Cloud, waits: ManualClock) -> None:
    played.create_group()
    view = fleet(played)
    follow(view.observe, timeout_s=600, clock=moving(waits), say=ignore)
    cloudwatch = played.aws.client("cloudwatch")
    metric = {"Namespace": "vLLM", "MetricName": "Errors", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1}
    cloudwatch.put_metric_alarm(
        AlarmName="vllm-dev-errors", Threshold=1, ComparisonOperator="GreaterThanThreshold", **metric
    )
    played.start_refresh(
        played.new_version("second"), AlarmSpecification={"Alarms": ["vllm-dev-errors"]}, InstanceWarmup=600
    )
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if "bakes until" in line:
            cloudwatch.set_alarm_state(AlarmName="vllm-dev-errors", StateValue="ALARM", StateReason="5 errors")

    _, verdict = follow(view.observe, timeout_s=36_000, clock=moving(waits), say=say)
    assert any("bakes until" in line and "alarms watched: vllm-dev-errors" in line for line in said), said
    assert verdict.state == "failed"
    assert verdict.reason.startswith(
        "rolled back: the alarm vllm-dev-errors called it back; 1 of 1 replicas serve, of version 1; "
    )


def test_a_group_of_several_types_is_followed_and_says_what_it_has_tried(played: Cloud, waits: ManualClock) -> None:
    template = {"LaunchTemplateId": played.template_id, "Version": "1"}
    types = ("g6.2xlarge", "g5.2xlarge")
    policy = {
        "LaunchTemplate": {
            "LaunchTemplateSpecification": template,
            "Overrides": [{"InstanceType": each} for each in types],
        }
    }
    for each in types:
        played.aws.shortages.run_out(each)
    played.autoscaling.create_auto_scaling_group(
        AutoScalingGroupName=GROUP,
        MinSize=1,
        MaxSize=4,
        VPCZoneIdentifier=",".join(played.subnet_ids),
        TargetGroupARNs=[played.target_group_arn],
        MixedInstancesPolicy=policy,
    )
    view = fleet(played)
    lines = view.observe().lines()
    assert lines[0].startswith("AWS has no g6.2xlarge or g5.2xlarge free in us-east-1a, us-east-1b and is asked again")
    played.aws.shortages.restock()
    snapshot, verdict = follow(view.observe, timeout_s=3600, clock=moving(waits), say=ignore)
    assert (verdict.state, snapshot.template_version) == ("served", "1")


def create_suspended_group(cloud: Cloud) -> None:
    cloud.create_group(size=0, DesiredCapacity=0)
    cloud.autoscaling.suspend_processes(AutoScalingGroupName=GROUP, ScalingProcesses=["Launch"])
    cloud.autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, MinSize=1, DesiredCapacity=1)


def test_a_suspended_launch_is_no_rollout(cloud: Cloud) -> None:
    create_suspended_group(cloud)
    assert fleet(cloud).observe().launch_suspended


def test_a_group_that_is_gone_is_said_to_be(cloud: Cloud) -> None:
    with pytest.raises(OpsError, match="is gone"):
        fleet(cloud).observe()


@pytest.mark.parametrize(
    ("messages", "step"),
    [
        ([], None),
        (["no json", "[]", '{"step": 1}'], None),
        (['{"step": "a", "status": "ok"}', '{"step": "b", "status": "failed", "reason": "x"}', "noise"], "b"),
    ],
)
def test_only_boot_events_are_reports(messages: list[str], step: str | None) -> None:
    found = reports(messages)
    assert (found[-1].step if found else None) == step


def outputs(cloud: Cloud) -> dict[str, Any]:
    return {"autoscaling_group": GROUP, "target_group_arn": cloud.target_group_arn, "log_group": LOG_GROUP}


def test_the_verb_prints_state_and_json(played: Cloud, waits: ManualClock, tmp_path: Path) -> None:
    played.create_group()
    follow(fleet(played).observe, timeout_s=600, clock=moving(waits), say=ignore)
    folder = make_folder(tmp_path, outputs=outputs(played), environment=played.aws.environment())
    shown = folder.ops("rollout", "--stack", "dev")
    assert (shown.returncode, shown.stdout.splitlines()[-1]) == (0, "served: 1 of 1 replicas serve"), shown.stderr
    waited = folder.ops("rollout", "--stack", "dev", "--wait", "--json")
    assert waited.returncode == 0
    document = json.loads(waited.stdout)
    assert (document["state"], document["instances"][0]["state"]) == ("served", "InService")


def test_the_verb_fails_with_the_reason(cloud: Cloud, tmp_path: Path) -> None:
    create_suspended_group(cloud)
    fleet(cloud)
    folder = make_folder(tmp_path, outputs=outputs(cloud), environment=cloud.aws.environment())
    failed = folder.ops("rollout", "--stack", "dev", "--wait", "--timeout-s", "30", "--json")
    assert failed.returncode == 1
    (error,) = json.loads(failed.stdout)["errors"]
    assert error["path"] == "rollout of dev"
    assert "suspended" in error["message"]


def test_a_time_that_is_none_is_refused(tmp_path: Path) -> None:
    folder = make_folder(tmp_path, outputs={}, environment={})
    for text in ("0", "-1", "soon", "inf", "nan"):
        assert folder.ops("rollout", "--stack", "dev", f"--timeout-s={text}").returncode == 2
