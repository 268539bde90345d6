"""Attaching is refused where AWS refuses it: the cache pool's claims rest on it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.aws.cloud import Cloud

DEVICE = "/dev/sdf"


def _instances(cloud: Cloud, *, zone: int, count: int = 1) -> list[str]:
    started = cloud.ec2.run_instances(
        ImageId=cloud.image_id,
        InstanceType="g6.2xlarge",
        MinCount=count,
        MaxCount=count,
        SubnetId=cloud.subnet_ids[zone],
    )
    return [instance["InstanceId"] for instance in started["Instances"]]


def _volume(cloud: Cloud, *, zone: str = "us-east-1a") -> str:
    created = cloud.ec2.create_volume(AvailabilityZone=zone, Size=100, VolumeType="gp3")
    volume_id: str = created["VolumeId"]
    return volume_id


def _attach(cloud: Cloud, volume_id: str, instance_id: str, device: str = DEVICE) -> str:
    """The error code, or "attached"."""
    try:
        cloud.ec2.attach_volume(VolumeId=volume_id, InstanceId=instance_id, Device=device)
    except ClientError as error:
        code: str = error.response["Error"]["Code"]
        return code
    return "attached"


def test_a_volume_has_one_instance(cloud: Cloud) -> None:
    first, second = _instances(cloud, zone=0, count=2)
    volume_id = _volume(cloud)
    assert _attach(cloud, volume_id, first) == "attached"
    assert _attach(cloud, volume_id, second) == "VolumeInUse"
    (volume,) = cloud.ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"]
    assert [attachment["InstanceId"] for attachment in volume["Attachments"]] == [first]


def test_of_many_that_ask_at_once_one_gets_it(cloud: Cloud) -> None:
    instance_ids = _instances(cloud, zone=0, count=6)
    volume_id = _volume(cloud)
    with ThreadPoolExecutor(max_workers=6) as pool:
        outcomes = list(pool.map(lambda instance_id: _attach(cloud, volume_id, instance_id), instance_ids))
    assert sorted(outcomes) == ["VolumeInUse"] * 5 + ["attached"]


def test_another_zone_is_refused(cloud: Cloud) -> None:
    (instance_id,) = _instances(cloud, zone=1)
    assert _attach(cloud, _volume(cloud, zone="us-east-1a"), instance_id) == "InvalidVolume.ZoneMismatch"


def test_a_device_name_is_used_once(cloud: Cloud) -> None:
    (instance_id,) = _instances(cloud, zone=0)
    assert _attach(cloud, _volume(cloud), instance_id) == "attached"
    assert _attach(cloud, _volume(cloud), instance_id) == "InvalidParameterValue"
    assert _attach(cloud, _volume(cloud), instance_id, "/dev/sdg") == "attached"


def test_a_terminated_instance_gets_none_and_keeps_none(cloud: Cloud) -> None:
    (instance_id,) = _instances(cloud, zone=0)
    volume_id = _volume(cloud)
    assert _attach(cloud, volume_id, instance_id) == "attached"
    cloud.ec2.terminate_instances(InstanceIds=[instance_id])
    (volume,) = cloud.ec2.describe_volumes(VolumeIds=[volume_id])["Volumes"]
    assert (volume["State"], volume["Attachments"]) == ("available", [])
    assert _attach(cloud, volume_id, instance_id) == "IncorrectState"


@pytest.mark.parametrize("named", [True, False])
def test_detach_frees_it(cloud: Cloud, named: bool) -> None:
    (first, second) = _instances(cloud, zone=0, count=2)
    volume_id = _volume(cloud)
    assert _attach(cloud, volume_id, first) == "attached"
    request: dict[str, Any] = {"InstanceId": first} if named else {}
    cloud.ec2.detach_volume(VolumeId=volume_id, **request)
    assert _attach(cloud, volume_id, second) == "attached"


def test_detach_needs_an_attachment(cloud: Cloud) -> None:
    (first, second) = _instances(cloud, zone=0, count=2)
    volume_id = _volume(cloud)
    with pytest.raises(ClientError) as refused:
        cloud.ec2.detach_volume(VolumeId=volume_id, InstanceId=first)
    assert refused.value.response["Error"]["Code"] == "IncorrectState"
    assert _attach(cloud, volume_id, first) == "attached"
    with pytest.raises(ClientError) as refused:
        cloud.ec2.detach_volume(VolumeId=volume_id, InstanceId=second)
    assert refused.value.response["Error"]["Code"] == "InvalidAttachment.NotFound"


def test_of_several_tag_keys_one_is_enough(cloud: Cloud) -> None:
    tagged = [_volume(cloud) for _ in range(3)]
    for volume_id, key in zip(tagged, ("pool", "scratch", "other"), strict=True):
        cloud.ec2.create_tags(Resources=[volume_id], Tags=[{"Key": key, "Value": "dev"}])
    filters: Any = [
        {"Name": "tag-key", "Values": ["pool", "scratch"]},
        {"Name": "availability-zone", "Values": ["us-east-1a"]},
    ]
    found = cloud.ec2.describe_volumes(Filters=filters)["Volumes"]
    assert {volume["VolumeId"] for volume in found} == set(tagged[:2])
