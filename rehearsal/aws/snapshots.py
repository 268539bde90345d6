"""What hosts without a slot rest on: volumes from snapshots, and volumes that end with their instance.

CreateVolume, Size: "you can specify a volume size that is equal to or larger than the snapshot size"; less is
InvalidParameterValue. DescribeSnapshots, OwnerIds: "Scopes the results to snapshots with the specified owners", `self`
among them. ModifyInstanceAttribute, BlockDeviceMappings: for a device that nothing is attached as AWS answers
InvalidInstanceAttributeValue, and DescribeVolumes shows DeleteOnTermination with each attachment. Moto makes small
volumes, returns everybody's snapshots, fails with a KeyError, and leaves the flag out.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.elastic_block_store import EBSBackend, VolumeAttachment
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.ec2.responses.instances import InstanceResponse

from rehearsal.aws.patch import Method, add, wrap


def install() -> None:
    wrap(EBSBackend, "create_volume", _create)
    wrap(ElasticBlockStore, "describe_snapshots", _describe)
    wrap(InstanceResponse, "modify_instance_attribute", _modify)
    add(VolumeAttachment, delete_on_termination=property(_delete_on_termination))


def _create(original: Method) -> Method:
    def create_volume(self: Any, size: Any, zone_name: str, snapshot_id: str | None = None, **more: Any) -> Any:
        if snapshot_id and size is not None and int(size) < (least := self.get_snapshot(snapshot_id).volume_size):
            raise EC2ClientError(
                "InvalidParameterValue",
                f"Volume of {size}GiB is smaller than snapshot '{snapshot_id}', expect size >= {least}GiB",
            )
        return original(self, size, zone_name, snapshot_id, **more)

    return create_volume


def _describe(original: Method) -> Method:
    def describe_snapshots(self: Any) -> Any:
        answer = original(self)
        owners = {self.current_account if owner == "self" else owner for owner in self._get_param("OwnerIds", [])}
        if owners:
            found = answer.result["Snapshots"]
            answer.result["Snapshots"] = [snapshot for snapshot in found if snapshot.owner_id in owners]
        return answer

    return describe_snapshots


def _modify(original: Method) -> Method:
    def modify_instance_attribute(self: Any) -> Any:
        devices = self.ec2_backend.get_instance(self._get_param("InstanceId")).block_device_mapping
        for mapping in self._get_param("BlockDeviceMappings", []):
            if mapping.get("DeviceName") not in devices:
                raise EC2ClientError(
                    "InvalidInstanceAttributeValue", f"No device is currently mapped at {mapping.get('DeviceName')}"
                )
        return original(self)

    return modify_instance_attribute


def _delete_on_termination(self: Any) -> bool:
    mapped = self.instance.block_device_mapping.get(self.device)
    return bool(mapped and mapped.delete_on_termination)
