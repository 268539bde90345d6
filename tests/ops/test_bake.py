"""``ops bake`` against an emulated AWS; the test plays the host that boots on the builder."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ops.bake.aws import Workshop
from ops.bake.steps import Baker
from ops.errors import OpsError
from ops.rollout import Clock
from tests.ops.cache_slots import attach, make_volume
from tests.ops.deployed_stack import make_folder
from tests.rehearsal.aws.cloud import GROUP, Cloud

LOG_GROUP = "hosts"
ABOUT = {"vllm:model": "a/b", "vllm:gpu": "L4"}


@dataclass
class Bench:
    """``acts``: what happens at each wait, one after the other; after them time passes."""

    cloud: Cloud
    acts: list[Callable[[], Any]] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    now_s: float = 0.0

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        if self.acts:
            self.acts.pop(0)()

    def baker(self) -> Baker:
        shop = Workshop(
            ec2=self.cloud.ec2,
            autoscaling=self.cloud.autoscaling,
            logs=self.cloud.aws.client("logs"),
            stack="dev",
            group=GROUP,
            log_group=LOG_GROUP,
            about=ABOUT,
        )
        clock = Clock(now_s=lambda: self.now_s, sleep=self.sleep)
        return Baker(shop=shop, clock=clock, say=self.said.append, boot_timeout_s=600)

    def builders(self) -> list[dict[str, Any]]:
        found = self.cloud.ec2.describe_instances(Filters=[{"Name": "tag-key", "Values": ["vllm:builder"]}])
        return [instance for each in found["Reservations"] for instance in each["Instances"]]

    def builder_id(self) -> str:
        (found,) = [each["InstanceId"] for each in self.builders() if each["State"]["Name"] == "running"]
        return str(found)

    def claim(self, volume_id: str) -> Callable[[], Any]:
        return lambda: self.cloud.ec2.attach_volume(VolumeId=volume_id, InstanceId=self.builder_id(), Device="/dev/sdf")

    def tell(self, step: str, status: str, reason: str = "") -> Callable[[], Any]:
        def put() -> None:
            logs, stream = self.cloud.aws.client("logs"), self.builder_id()
            if not logs.describe_log_streams(logGroupName=LOG_GROUP, logStreamNamePrefix=stream)["logStreams"]:
                logs.create_log_stream(logGroupName=LOG_GROUP, logStreamName=stream)
            message = json.dumps({"step": step, "status": status, "reason": reason, "duration_s": 1.0})
            events = [{"timestamp": time.time_ns() // 1_000_000, "message": message}]
            logs.put_log_events(logGroupName=LOG_GROUP, logStreamName=stream, logEvents=events)

        return put

    def snapshots(self) -> list[dict[str, Any]]:
        mine = [{"Name": "tag:vllm:cache-pool", "Values": ["dev"]}]
        found: list[dict[str, Any]] = self.cloud.ec2.describe_snapshots(OwnerIds=["self"], Filters=mine)["Snapshots"]
        return found


@pytest.fixture
def bench(cloud: Cloud) -> Bench:
    """A group without an instance; no slot yet."""
    cloud.create_group(size=0, Tags=[{"Key": "team", "Value": "ml", "PropagateAtLaunch": True}])
    cloud.aws.client("logs").create_log_group(logGroupName=LOG_GROUP)
    return Bench(cloud)


def tags(raw: dict[str, Any]) -> dict[str, str]:
    return {pair["Key"]: pair["Value"] for pair in raw["Tags"]}


def serving(bench: Bench, volume_id: str) -> list[Callable[[], Any]]:
    """What a good boot looks like from outside."""
    return [bench.claim(volume_id), bench.tell("image", "ok"), bench.tell("boot", "ok", "{}")]


def test_a_slot_that_a_builder_has_filled_becomes_a_snapshot(bench: Bench) -> None:
    slot = make_volume(bench.cloud)
    bench.acts = serving(bench, slot)
    snapshot = bench.baker().bake(again=False)
    (made,) = bench.snapshots()
    assert (made["SnapshotId"], made["VolumeId"], snapshot.state) == (snapshot.id, slot, "completed")
    template = f"{bench.cloud.template_id}/1"
    (builder,) = bench.builders()
    expected = {**ABOUT, "vllm:cache-pool": "dev", "vllm:template": template, "vllm:builder": builder["InstanceId"]}
    assert expected.items() <= tags(made).items()
    assert builder["State"]["Name"] == "terminated"
    assert any("step image ok" in line for line in bench.said)


def test_the_builder_is_a_host_of_the_stack_outside_of_the_group(bench: Bench) -> None:
    slot = make_volume(bench.cloud, zone="us-east-1b")
    seen: list[dict[str, Any]] = []
    bench.acts = [lambda: seen.extend(bench.builders()), *serving(bench, slot)]
    bench.baker().bake(again=False)
    (builder,) = seen
    assert {"Project": "vllm", "Stack": "dev", "team": "ml", "vllm:builder": "dev"}.items() <= tags(builder).items()
    assert builder["InstanceType"] == "g6.2xlarge"
    assert builder["SubnetId"] == bench.cloud.subnet_ids[1]  # where the free slot is
    (interface,) = builder["NetworkInterfaces"]
    assert [group["GroupId"] for group in interface["Groups"]] == [bench.cloud.security_group_id]
    assert bench.cloud.group()["Instances"] == []


def test_a_second_bake_of_the_same_version_makes_nothing(bench: Bench) -> None:
    slot = make_volume(bench.cloud)
    bench.acts = serving(bench, slot)
    first = bench.baker().bake(again=False)
    assert bench.baker().bake(again=False) == first
    assert len(bench.builders()) == len(bench.snapshots()) == 1
    bench.acts = serving(bench, slot)
    assert bench.baker().bake(again=True) != first
    assert len(bench.snapshots()) == 2


class PullThePlugError(Exception):
    """The person's connection ends."""


@pytest.mark.parametrize("waits_before", range(3))
def test_an_interrupted_boot_goes_on_with_the_same_builder(bench: Bench, waits_before: int) -> None:
    def unplug() -> None:
        raise PullThePlugError

    acts = serving(bench, make_volume(bench.cloud))
    bench.acts = [*acts[:waits_before], unplug]
    with pytest.raises(PullThePlugError):
        bench.baker().bake(again=False)
    bench.acts = acts[waits_before:]
    bench.baker().bake(again=False)
    assert len(bench.builders()) == len(bench.snapshots()) == 1


def test_a_builder_that_has_gone_after_serving_still_gives_its_snapshot(bench: Bench) -> None:
    slot = make_volume(bench.cloud)
    baker = bench.baker()
    builder = baker.shop.launch(baker.shop.source(), subnet_id=bench.cloud.subnet_ids[0])
    assert builder is not None
    bench.claim(slot)()
    baker.shop.terminate(builder.id, slot=slot)  # and there the former run ended
    baker.bake(again=False)
    assert [made["VolumeId"] for made in bench.snapshots()] == [slot]
    assert len(bench.builders()) == 1


def test_a_builder_of_another_version_is_not_taken_for_this_one(bench: Bench) -> None:
    slot = make_volume(bench.cloud)
    bench.acts = serving(bench, slot)
    first = bench.baker().bake(again=False)
    version = bench.cloud.new_version("second")
    template = {"LaunchTemplateId": bench.cloud.template_id, "Version": version}
    bench.cloud.autoscaling.update_auto_scaling_group(AutoScalingGroupName=GROUP, LaunchTemplate=template)
    bench.acts = serving(bench, slot)
    assert bench.baker().bake(again=False).id != first.id
    assert len(bench.builders()) == 2


def test_a_builder_that_ec2_does_not_know_everywhere_yet_is_waited_for(bench: Bench) -> None:
    assert bench.baker().shop.state("i-0123456789abcdef0") == "pending"


def bake_fails(bench: Bench) -> str:
    with pytest.raises(OpsError) as caught:
        bench.baker().bake(again=False)
    assert [each["State"]["Name"] for each in bench.builders()] in ([], ["terminated"])
    assert bench.snapshots() == []
    return str(caught.value)


def test_a_failing_step_ends_the_bake_with_its_reason(bench: Bench) -> None:
    slot = make_volume(bench.cloud)
    bench.acts = [bench.claim(slot), bench.tell("gpus", "failed", "0 of 1 GPUs")]
    assert "step gpus failed: 0 of 1 GPUs" in bake_fails(bench)


def test_a_silent_builder_is_given_up(bench: Bench) -> None:
    make_volume(bench.cloud)
    assert "not after 600 s; it has said nothing" in bake_fails(bench)


def test_a_builder_that_someone_terminates_is_noticed(bench: Bench) -> None:
    make_volume(bench.cloud)
    bench.acts = [lambda: bench.cloud.ec2.terminate_instances(InstanceIds=[bench.builder_id()])]
    assert "it is terminated, and not by this command" in bake_fails(bench)


def test_a_builder_that_served_without_a_slot_gives_no_snapshot(bench: Bench) -> None:
    make_volume(bench.cloud)
    bench.acts = [bench.tell("boot", "ok", "{}")]
    assert "fills a free slot of the pool, and there is none" in bake_fails(bench)


def test_without_a_free_slot_nothing_is_launched(bench: Bench) -> None:
    slot = make_volume(bench.cloud)
    holder = attach(bench.cloud, slot)
    assert f"{slot} on {holder}" in bake_fails(bench)
    assert bench.builders() == []


def test_a_slot_that_another_host_takes_meanwhile_is_copied_in_use(bench: Bench) -> None:
    slot = make_volume(bench.cloud)
    baker = bench.baker()
    builder = baker.shop.launch(baker.shop.source(), subnet_id=bench.cloud.subnet_ids[0])
    assert builder is not None
    bench.claim(slot)()
    baker.shop.terminate(builder.id, slot=slot)
    holder = attach(bench.cloud, slot)
    baker.bake(again=False)
    assert any(holder in line and "volume in use" in line for line in bench.said)


def test_a_group_that_is_gone_is_said_to_be(bench: Bench) -> None:
    bench.cloud.autoscaling.delete_auto_scaling_group(AutoScalingGroupName=GROUP, ForceDelete=True)
    assert "is gone: pulumi refresh" in bake_fails(bench)


@pytest.fixture
def outputs() -> dict[str, Any]:
    return {"autoscaling_group": GROUP, "log_group": LOG_GROUP, "plan": {"gpu": "L4"}}


@pytest.fixture
def baked(bench: Bench) -> Bench:
    """A bake of this version was interrupted after its snapshot."""
    bench.acts = serving(bench, make_volume(bench.cloud))
    bench.baker().bake(again=False)
    return bench


def test_the_verb_writes_the_stack_file_once(baked: Bench, outputs: dict[str, Any], tmp_path: Path) -> None:
    folder = make_folder(tmp_path, outputs=outputs, environment=baked.cloud.aws.environment())
    done = folder.ops("bake", "--stack", "dev")
    (snapshot,) = [made["SnapshotId"] for made in baked.snapshots()]
    assert (done.returncode, done.stdout.strip()) == (0, snapshot), done.stderr
    assert "git diff Pulumi.dev.yaml" in done.stderr
    text = folder.stack_file("dev").read_text()
    assert f"snapshotId: {snapshot}" in text
    again = folder.ops("bake", "--stack", "dev", "--json")
    assert json.loads(again.stdout)["changed"] is False
    assert folder.stack_file("dev").read_text() == text


def test_the_verb_names_the_snapshots_that_cost_on(baked: Bench, outputs: dict[str, Any], tmp_path: Path) -> None:
    older = baked.cloud.ec2.create_snapshot(
        VolumeId=make_volume(baked.cloud),
        TagSpecifications=[{"ResourceType": "snapshot", "Tags": [{"Key": "vllm:cache-pool", "Value": "dev"}]}],
    )["SnapshotId"]
    folder = make_folder(tmp_path, outputs=outputs, environment=baked.cloud.aws.environment())
    assert json.loads(folder.ops("bake", "--stack", "dev", "--json").stdout)["former"] == [older]


def test_a_stack_that_is_not_deployed_is_said_to_be(cloud: Cloud, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, outputs=None, environment=cloud.aws.environment())
    done = folder.ops("bake", "--stack", "dev")
    assert done.returncode == 1
    assert "pulumi up --stack dev" in done.stderr


def test_an_encrypted_value_is_refused_before_anything_is_launched(
    bench: Bench, outputs: dict[str, Any], tmp_path: Path
) -> None:
    folder = make_folder(tmp_path, outputs=outputs, environment=bench.cloud.aws.environment())
    file = folder.stack_file("dev")
    file.write_text(file.read_text() + "  vllm:cache:\n    snapshotId: {secure: AAABAK}\n")
    done = folder.ops("bake", "--stack", "dev")
    assert done.returncode != 0
    assert "encrypted" in done.stderr
    assert bench.builders() == []
