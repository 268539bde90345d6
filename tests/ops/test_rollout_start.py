"""``ops rollout --start``: a refresh to what the group is, with and without alarms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ops.rollout.start import desired, preferences
from rehearsal.aws.clock import ManualClock
from rehearsal.aws.server import EmulatedAws
from sizing.fleet_plan import ChangePlan
from tests.ops.deployed_stack import Folder, make_folder
from tests.rehearsal.aws.cloud import GROUP, Cloud

MODEL = "config:\n  aws:region: us-east-1\n  vllm:model: Qwen/Qwen2.5-7B-Instruct\n"
CHANGE = ChangePlan(launch_first=True, checkpoints=(50, 100), bake_s=300)


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    """Time stands still, so a refresh goes on."""
    with EmulatedAws(host=lambda _: "CONTINUE", waits=ManualClock()) as aws:
        yield Cloud(aws)


@pytest.fixture
def folder(cloud: Cloud, tmp_path: Path) -> Folder:
    cloud.aws.client("logs").create_log_group(logGroupName="hosts")
    outputs = {"autoscaling_group": GROUP, "target_group_arn": cloud.target_group_arn, "log_group": "hosts"}
    made = make_folder(tmp_path, outputs=outputs, environment=cloud.aws.environment())
    made.stack_file("dev").write_text(MODEL)
    return made


def test_a_refresh_to_the_groups_own_version_is_started_once(cloud: Cloud, folder: Folder) -> None:
    cloud.create_group()
    newest = {"LaunchTemplateId": cloud.template_id, "Version": cloud.new_version("second")}
    cloud.autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, LaunchTemplate=newest)
    started = folder.ops("rollout", "--start", "--stack", "dev")
    assert started.returncode == 0, started.stderr
    assert "alarms watched: vllm-dev-" in started.stderr
    refresh = cloud.refresh()
    template = refresh["DesiredConfiguration"]["LaunchTemplate"]
    assert (template["LaunchTemplateId"], template["Version"]) == (cloud.template_id, "2")
    assert refresh["Preferences"]["AutoRollback"]
    assert all(name.startswith("vllm-dev-") for name in refresh["Preferences"]["AlarmSpecification"]["Alarms"])
    again = folder.ops("rollout", "--start", "--stack", "dev")
    assert again.returncode == 1
    assert "under way already: follow it to its end first" in again.stderr


def test_alarms_are_left_out_when_one_says_so(cloud: Cloud, folder: Folder) -> None:
    cloud.create_group()
    started = folder.ops("rollout", "--start", "--ignore-alarms", "--stack", "dev")
    assert started.returncode == 0, started.stderr
    assert "no alarm calls it back" in started.stderr
    assert not cloud.refresh()["Preferences"].get("AlarmSpecification")


def test_an_empty_group_has_nothing_to_replace(cloud: Cloud, folder: Folder) -> None:
    cloud.create_group(size=0)
    started = folder.ops("rollout", "--start", "--wait", "--stack", "dev")
    assert (started.returncode, "nothing is replaced" in started.stderr) == (0, True), started.stderr
    assert started.stdout == "served: nothing runs, the first request starts one\n"
    assert not cloud.autoscaling.describe_instance_refreshes(AutoScalingGroupName=GROUP)["InstanceRefreshes"]


def test_ignoring_alarms_goes_with_a_start(folder: Folder) -> None:
    done = folder.ops("rollout", "--ignore-alarms", "--stack", "dev")
    assert done.returncode == 2
    assert "--start --ignore-alarms --stack dev" in done.stderr


def test_a_mixed_policy_is_asked_for_whole() -> None:
    policy = {"LaunchTemplate": {"LaunchTemplateSpecification": {"LaunchTemplateId": "lt-1", "Version": "3"}}}
    assert desired({"MixedInstancesPolicy": policy}) == {"MixedInstancesPolicy": policy}


@pytest.mark.parametrize(
    ("change", "more"),
    [
        (CHANGE, {"InstanceWarmup": 360, "CheckpointPercentages": [50, 100], "CheckpointDelay": 300}),
        (replace(CHANGE, checkpoints=(100,)), {"InstanceWarmup": 360}),
        (replace(CHANGE, bake_s=0), {}),
        (replace(CHANGE, bake_s=0, launch_first=False), {"MinHealthyPercentage": 66}),
    ],
)
def test_it_goes_as_planned(change: ChangePlan, more: dict[str, object]) -> None:
    found = preferences({"DefaultInstanceWarmup": 60}, change=change, most=3, alarms=("a",))
    assert found == {"AutoRollback": True, "SkipMatching": True, "AlarmSpecification": {"Alarms": ["a"]}, **more}
