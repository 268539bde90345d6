"""What a host's surroundings ask the emulated AWS: the lifecycle state of the instance and its volumes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import boto3

from rehearsal.aws.environment import FAKE_KEY
from rehearsal.host.volumes import Attached

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_ec2 import EC2Client

ROOT_DEVICES = ("/dev/sda1", "/dev/xvda")


@dataclass(frozen=True, kw_only=True)
class InstanceInCloud:
    """One instance of the emulated AWS at ``endpoint``."""

    instance_id: str
    endpoint: str
    region: str

    @cached_property
    def autoscaling(self) -> AutoScalingClient:
        return self._session.client("autoscaling", endpoint_url=self.endpoint)

    @cached_property
    def ec2(self) -> EC2Client:
        return self._session.client("ec2", endpoint_url=self.endpoint)

    @property
    def _session(self) -> boto3.session.Session:
        return boto3.session.Session(
            region_name=self.region, aws_access_key_id=FAKE_KEY, aws_secret_access_key=FAKE_KEY
        )

    def lifecycle_state(self) -> str | None:
        """As the group reports it ("Pending:Wait", "InService"); None when no group has the instance (any more)."""
        answer = self.autoscaling.describe_auto_scaling_instances(InstanceIds=[self.instance_id])
        return next((item["LifecycleState"] for item in answer["AutoScalingInstances"]), None)

    def target_lifecycle_state(self) -> str:
        """What instance metadata says: where the group is taking the instance."""
        state = self.lifecycle_state()
        return "Terminated" if state is None or state.startswith("Terminat") else "InService"

    def instance_state(self) -> str:
        """As EC2 reports it ("running", "shutting-down", "terminated")."""
        answer = self.ec2.describe_instances(InstanceIds=[self.instance_id])
        return answer["Reservations"][0]["Instances"][0]["State"]["Name"]

    def tags(self) -> Mapping[str, str] | None:
        """As instance metadata shows them; None where the instance was launched without them."""
        (instance,) = self.ec2.describe_instances(InstanceIds=[self.instance_id])["Reservations"][0]["Instances"]
        if instance.get("MetadataOptions", {}).get("InstanceMetadataTags") != "enabled":
            return None
        return {tag["Key"]: tag["Value"] for tag in instance.get("Tags", [])}

    def volumes(self) -> Mapping[str, Attached]:
        """Attached data volumes."""
        answer = self.ec2.describe_volumes(Filters=[{"Name": "attachment.instance-id", "Values": [self.instance_id]}])
        return {
            volume["VolumeId"]: Attached(
                size_gib=volume["Size"], source=self._snapshot_of(volume.get("SnapshotId", ""))
            )
            for volume in answer["Volumes"]
            for attachment in volume["Attachments"]
            if attachment["InstanceId"] == self.instance_id
            and attachment["Device"] not in ROOT_DEVICES
            and attachment["State"] in ("attaching", "attached", "busy")
        }

    def _snapshot_of(self, snapshot_id: str) -> str | None:
        """The volume that a snapshot was made of."""
        if not snapshot_id:
            return None
        found = self.ec2.describe_snapshots(Filters=[{"Name": "snapshot-id", "Values": [snapshot_id]}])["Snapshots"]
        return next((snapshot["VolumeId"] for snapshot in found), None)

    def interfaces(self) -> Mapping[str, str]:
        """Ids of the network interfaces, by MAC address."""
        answer = self.ec2.describe_network_interfaces(
            Filters=[{"Name": "attachment.instance-id", "Values": [self.instance_id]}]
        )
        return {item["MacAddress"]: item["NetworkInterfaceId"] for item in answer["NetworkInterfaces"]}

    def terminate(self) -> None:
        """Ask the group to terminate the instance without a replacement."""
        self.autoscaling.terminate_instance_in_auto_scaling_group(
            InstanceId=self.instance_id, ShouldDecrementDesiredCapacity=True
        )
