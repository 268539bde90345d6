"""Every slot is with another host: a scratch volume of the pool's snapshot serves, or else the root disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from rehearsal.host import contents
from rehearsal.host.faults import Faults, Refusal
from rehearsal.host.spec import NO_FAULTS
from tests.e2e.host.ground import SLOT_GIB, Scene
from tests.e2e.host.plays import Plays, Stand
from userdata.options import CACHE_POOL_TAG

pytestmark = pytest.mark.e2e
WAIT_S = 6  # for a slot that becomes free
BAKED = "baked-by-an-earlier-host"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    scratch: Mapping[str, Any]  # the volume that the instance has, as EC2 describes it
    tags: Mapping[str, str]
    goes_with_instance: bool
    baked: str  # what is on it of the snapshot
    mounted: str
    warned: str
    waited: str
    slots_untouched: bool


def _full_pool(stand: Stand, name: str) -> Scene:
    """A stack whose only slot is with an instance that this case does not boot, and whose snapshot holds a file."""
    scene = stand.ground.scene(name, slots=1, secrets=False, cache_wait_s=WAIT_S)
    (slot,) = scene.stage.volume_ids
    contents.ext4(scene.volume(0))
    with contents.mounted(scene.volume(0)) as folder:
        (folder / "huggingface").mkdir()
        (folder / "huggingface" / "marker").write_text(BAKED)
    ec2 = scene.stage.aws.client("ec2")
    tags = [{"Key": CACHE_POOL_TAG, "Value": name}]
    ec2.create_snapshot(VolumeId=slot, TagSpecifications=[{"ResourceType": "snapshot", "Tags": tags}])
    other = ec2.run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, SubnetId=scene.stage.subnet_id)
    ec2.attach_volume(VolumeId=slot, InstanceId=other["Instances"][0]["InstanceId"], Device="/dev/sdf")
    return scene


def _boot(scene: Scene, faults: Faults = NO_FAULTS) -> Outcome:
    me = scene.launch()
    before = contents.fingerprint(scene.volume(0))
    with scene.boot(me, faults=faults) as host:
        host.wait_for_line("step container-store ok", timeout_s=300)
        ec2 = scene.stage.aws.client("ec2")
        found = ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [me]}])["Volumes"]
        scratch: dict[str, Any] = next(
            (volume for volume in found if any(tag["Key"] == "vllm:scratch" for tag in volume.get("Tags", []))), {}
        )
        return Outcome(
            scratch=scratch,
            tags={tag["Key"]: tag["Value"] for tag in scratch.get("Tags", [])},
            goes_with_instance=any(item.get("DeleteOnTermination") for item in scratch.get("Attachments", [])),
            baked=host.run("sh", "-c", "cat /mnt/cache/huggingface/marker || true"),
            mounted=host.run("sh", "-c", "findmnt --noheadings --output SOURCE /mnt/cache || true"),
            warned=scene.said_once(me, host=host, status="warning"),
            waited=next((line for line in host.console() if "step cache-slot is waiting" in line), ""),
            slots_untouched=contents.fingerprint(scene.volume(0)) == before,
        )


def scratch(stand: Stand) -> Outcome:
    scene = _full_pool(stand, "no-slot")
    try:
        return _boot(scene)
    finally:
        scene.close()


def root_disk(stand: Stand) -> Outcome:
    """AWS makes no volume either: the account's limit is reached."""
    scene = _full_pool(stand, "no-disk")
    try:
        return _boot(scene, Faults(aws=(Refusal(action="CreateVolume", code="VolumeLimitExceeded"),)))
    finally:
        scene.close()


PLAYS = (scratch, root_disk)


def test_a_scratch_volume_of_the_snapshot_takes_the_slots_place(plays: Plays, seen: Callable[[str], None]) -> None:
    outcome = plays.of(scratch)
    seen(f"{outcome.waited} | {outcome.scratch['VolumeId']} of {outcome.scratch['SnapshotId']}, goes with the instance")
    assert outcome.scratch["Size"] == SLOT_GIB
    assert outcome.scratch["Encrypted"]
    assert outcome.tags["vllm:scratch"] == "no-slot"
    assert outcome.baked == BAKED
    assert outcome.mounted.startswith("/dev/nvme")


def test_it_goes_with_the_instance(plays: Plays) -> None:
    assert plays.of(scratch).goes_with_instance


def test_without_a_volume_the_root_disk_serves_and_a_warning_says_so(plays: Plays, seen: Callable[[str], None]) -> None:
    outcome = plays.of(root_disk)
    seen(outcome.warned)
    assert outcome.scratch == {}
    assert outcome.mounted == ""
    assert "root disk" in outcome.warned


@pytest.mark.parametrize("play", PLAYS)
def test_the_slot_of_the_other_host_is_not_touched(plays: Plays, play: Callable[[Stand], Outcome]) -> None:
    assert plays.of(play).slots_untouched
