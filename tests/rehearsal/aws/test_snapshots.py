"""Volumes from snapshots, and volumes that end with their instance, as a host without a slot uses them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.aws.cloud import Cloud

ZONE = "us-east-1a"
DEVICE = "/dev/sdf"


def _snapshot(cloud: Cloud, *, size_gib: int = 100) -> str:
    volume = cloud.ec2.create_volume(AvailabilityZone=ZONE, Size=size_gib, VolumeType="gp3", Encrypted=True)
    snapshot_id: str = cloud.ec2.create_snapshot(VolumeId=volume["VolumeId"])["SnapshotId"]
    return snapshot_id


def _attached(cloud: Cloud) -> tuple[str, str]:
    """An instance and a volume on it."""
    instance_id = cloud.ec2.run_instances(
        ImageId=cloud.image_id, InstanceType="g6.2xlarge", MinCount=1, MaxCount=1, SubnetId=cloud.subnet_ids[0]
    )["Instances"][0]["InstanceId"]
    volume_id = cloud.ec2.create_volume(AvailabilityZone=ZONE, Size=100, VolumeType="gp3")["VolumeId"]
    cloud.ec2.attach_volume(VolumeId=volume_id, InstanceId=instance_id, Device=DEVICE)
    return instance_id, volume_id


def _end_with_instance(cloud: Cloud, instance_id: str, device: str = DEVICE) -> None:
    mapping = {"DeviceName": device, "Ebs": {"DeleteOnTermination": True}}
    cloud.ec2.modify_instance_attribute(InstanceId=instance_id, BlockDeviceMappings=[mapping])


def _refusal(call: Callable[[], object]) -> str:
    with pytest.raises(ClientError) as refused:
        call()
    code: str = refused.value.response["Error"]["Code"]
    return code


@pytest.mark.parametrize(("size_gib", "made_gib"), [({}, 100), ({"Size": 100}, 100), ({"Size": 300}, 300)])
def test_a_volume_is_as_large_as_its_snapshot_or_larger(cloud: Cloud, size_gib: dict[str, int], made_gib: int) -> None:
    volume = cloud.ec2.create_volume(AvailabilityZone=ZONE, SnapshotId=_snapshot(cloud), **size_gib)
    assert volume["Size"] == made_gib
    assert volume["Encrypted"]


def test_a_volume_smaller_than_its_snapshot_is_refused(cloud: Cloud) -> None:
    snapshot_id = _snapshot(cloud)
    refusal = _refusal(lambda: cloud.ec2.create_volume(AvailabilityZone=ZONE, SnapshotId=snapshot_id, Size=99))
    assert refusal == "InvalidParameterValue"


def test_snapshots_of_others_are_not_ones_own(cloud: Cloud) -> None:
    snapshot_id = _snapshot(cloud)
    everybodys = cloud.ec2.describe_snapshots()["Snapshots"]
    own = cloud.ec2.describe_snapshots(OwnerIds=["self"])["Snapshots"]
    assert snapshot_id in [snapshot["SnapshotId"] for snapshot in own]
    assert {snapshot["OwnerId"] for snapshot in own} == {"123456789012"}
    assert cloud.ec2.describe_snapshots(OwnerIds=["111111111111"])["Snapshots"] == []
    assert len(everybodys) >= len(own)


def test_a_volume_that_is_to_end_with_its_instance_does(cloud: Cloud) -> None:
    instance_id, volume_id = _attached(cloud)
    (before,) = cloud.ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"]
    assert before["Attachments"][0]["DeleteOnTermination"] is False
    _end_with_instance(cloud, instance_id)
    (after,) = cloud.ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"]
    assert after["Attachments"][0]["DeleteOnTermination"] is True
    cloud.ec2.terminate_instances(InstanceIds=[instance_id])
    refusal = _refusal(lambda: cloud.ec2.describe_volumes(VolumeIds=[volume_id]))
    assert refusal == "InvalidVolume.NotFound"


def test_only_what_is_attached_can_end_with_the_instance(cloud: Cloud) -> None:
    instance_id, _ = _attached(cloud)
    refusal = _refusal(lambda: _end_with_instance(cloud, instance_id, "/dev/sdz"))
    assert refusal == "InvalidInstanceAttributeValue"


def test_other_attributes_are_still_set(cloud: Cloud) -> None:
    instance_id, _ = _attached(cloud)
    cloud.ec2.modify_instance_attribute(InstanceId=instance_id, DisableApiTermination={"Value": True})
    shown = cloud.ec2.describe_instance_attribute(InstanceId=instance_id, Attribute="disableApiTermination")
    assert shown["DisableApiTermination"]["Value"] is True
