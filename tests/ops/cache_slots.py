"""Cache slots and a fleet in the emulated AWS, tagged as the program tags them."""

from __future__ import annotations

from typing import Any

from tests.rehearsal.aws.cloud import Cloud


def make_volume(cloud: Cloud, *, pool: str | None = "dev", zone: str = "us-east-1a", **more: Any) -> str:
    tags = [{"Key": "Project", "Value": "vllm"}, {"Key": "Stack", "Value": pool or "dev"}]
    tags += [{"Key": "vllm:cache-pool", "Value": pool}] if pool else []
    made = cloud.ec2.create_volume(
        AvailabilityZone=zone,
        **{"Size": 100, "VolumeType": "gp3", "Iops": 4000, "Throughput": 225, **more},
        TagSpecifications=[{"ResourceType": "volume", "Tags": tags}],
    )
    return str(made["VolumeId"])


def volume_ids(cloud: Cloud) -> set[str]:
    """Without the root volumes of instances."""
    volumes = cloud.ec2.describe_volumes(Filters=[{"Name": "tag-key", "Values": ["Project"]}])["Volumes"]
    return {volume["VolumeId"] for volume in volumes}


def run_fleet(cloud: Cloud, *, stack: str = "dev", project: str = "vllm") -> None:
    """A group, as ``pulumi up`` makes it."""
    tags = [
        {"Key": key, "Value": value, "PropagateAtLaunch": True}
        for key, value in {"Project": project, "Stack": stack}.items()
    ]
    cloud.create_group(size=0, Tags=tags)


def attach(cloud: Cloud, volume: str) -> str:
    instance: str = cloud.ec2.run_instances(
        ImageId=cloud.image_id, MinCount=1, MaxCount=1, SubnetId=cloud.subnet_ids[0]
    )["Instances"][0]["InstanceId"]
    cloud.ec2.attach_volume(VolumeId=volume, InstanceId=instance, Device="/dev/sdf")
    return instance
