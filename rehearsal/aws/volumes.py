"""Attaching a volume fails where it fails on AWS; the cache pool's claims rest on it.

Codes and messages are the ones that AWS answers with, listed in the EC2 API reference under "Error codes": VolumeInUse
for a volume that is attached, InvalidVolume.ZoneMismatch for another zone, InvalidParameterValue for a device name in
use, IncorrectState for an instance that is gone, InvalidAttachment.NotFound for a detach from the wrong instance.
AttachVolume works under one lock, so that of several instances which ask at once exactly one gets the volume.
DetachVolume: "InstanceId: [...] If you are detaching a Multi-Attach enabled volume, you must specify an instance ID",
so it is optional here. Moto attaches whatever it is told to.
Filter of the EC2 API: "If you specify multiple values for a filter, the values are joined with an OR"; moto wants a
volume to have every one of several tag keys.
"""

from __future__ import annotations

from typing import Any

from moto.ec2.exceptions import EC2ClientError
from moto.ec2.models.elastic_block_store import EBSBackend

from rehearsal.aws.patch import Method, wrap
from rehearsal.aws.world import World


def install() -> None:
    wrap(EBSBackend, "attach_volume", _attach)
    wrap(EBSBackend, "detach_volume", _detach)
    wrap(EBSBackend, "describe_volumes", _any_tag_key)


def _any_tag_key(original: Method) -> Method:
    def describe_volumes(self: Any, volume_ids: list[str] | None = None, filters: Any = None) -> Any:
        keys = set((filters or {}).get("tag-key", ()))
        others = {name: values for name, values in (filters or {}).items() if name != "tag-key"}
        found = original(self, volume_ids, others)
        return [volume for volume in found if not keys or keys & {tag["key"] for tag in volume.get_tags()}]

    return describe_volumes


def _attach(original: Method) -> Method:
    def attach_volume(self: Any, volume_id: str, instance_id: str, device_path: str, *launch: Any) -> Any:
        with World.running().lock:
            if not launch:  # at a launch moto passes delete_on_termination for the volumes it makes itself
                _check_attach(self, volume_id=volume_id, instance_id=instance_id, device=device_path)
            return original(self, volume_id, instance_id, device_path, *launch)

    return attach_volume


def _check_attach(backend: Any, *, volume_id: str, instance_id: str, device: str) -> None:
    volume, instance = backend.get_volume(volume_id), backend.get_instance(instance_id)
    if instance.state not in ("pending", "running", "stopped", "stopping"):
        raise EC2ClientError("IncorrectState", f"Instance '{instance_id}' is not 'running'.")
    if volume.attachment is not None:
        raise EC2ClientError("VolumeInUse", f"{volume_id} is already attached to an instance")
    if volume.availability_zone != instance.placement.zone:
        raise EC2ClientError(
            "InvalidVolume.ZoneMismatch",
            f"The volume '{volume_id}' is not in the same availability zone as instance '{instance_id}'",
        )
    if device in instance.block_device_mapping:
        raise EC2ClientError(
            "InvalidParameterValue",
            f"Invalid value '{device}' for unixDevice. Attachment point {device} is already in use",
        )


def _detach(original: Method) -> Method:
    def detach_volume(self: Any, volume_id: str, instance_id: str | None, device_path: str | None) -> Any:
        with World.running().lock:
            attachment = self.get_volume(volume_id).attachment
            if attachment is None:
                raise EC2ClientError("IncorrectState", f"Volume '{volume_id}' is in the 'available' state.")
            if instance_id and attachment.instance.id != instance_id:
                raise EC2ClientError(
                    "InvalidAttachment.NotFound",
                    f"The volume '{volume_id}' is not attached to instance '{instance_id}'",
                )
            return original(self, volume_id, attachment.instance.id, device_path or attachment.device)

    return detach_volume
