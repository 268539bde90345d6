"""A host that gets no slot: a scratch volume of the pool's snapshot, or else the root disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.userdata.disks import OTHER, SCRATCH, ZONE, Disks, claim, make_ext4, need_tools, snapshot, tag_list, volume
from tests.userdata.host import INSTANCE, Host, make_host

BUSY = "every cache slot of pool dev in us-east-1a is in use"
WAIT_S = 15
KMS_KEY = "arn:aws:kms:us-east-1:123456789012:key/0a"


@pytest.fixture
def host(tmp_path: Path) -> Host:
    need_tools()
    return make_host(tmp_path / "host", CACHE_WAIT_S=str(WAIT_S))


def full_pool(host: Host, **more: Any) -> Disks:
    """Both slots belong to another host."""
    return Disks(host=host, volumes=[volume("vol-0a", holder=OTHER), volume("vol-0b", holder=OTHER)], **more)


def test_without_a_free_slot_a_scratch_volume_like_a_slot_is_made_and_ends_with_the_instance(host: Host) -> None:
    disks = full_pool(host)
    claim(disks)
    assert len(host.calls("sleep 5")) == WAIT_S / 5
    tags = (
        "{Key=vllm:scratch,Value=dev},{Key=Project,Value=vllm},{Key=Stack,Value=dev},{Key=Name,Value=vllm-dev-scratch}"
    )
    assert host.calls("aws ec2 create-volume") == [
        f"aws ec2 create-volume --availability-zone {ZONE} --volume-type gp3"
        f" --tag-specifications ResourceType=volume,Tags=[{tags}] --iops 3000 --throughput 250 --encrypted"
        f" --kms-key-id {KMS_KEY} --size 200 --query VolumeId --output text"
    ]
    assert disks.mounted == ["vol-new"]
    (attachment,) = disks.attachments("vol-new")
    assert attachment["InstanceId"] == INSTANCE
    assert attachment["DeleteOnTermination"] is True
    (warning,) = disks.warnings
    assert f"{BUSY}: using scratch volume vol-new, which ends with this instance" in warning


def test_the_newest_completed_snapshot_of_the_pool_seeds_a_scratch_volume(host: Host) -> None:
    snapshots = [
        snapshot("snap-old", started="2026-10-01T00:00:00Z"),
        snapshot("snap-new", started="2026-11-01T00:00:00Z", size_gib=300),
        snapshot("snap-pending", started="2026-11-20T00:00:00Z", state="pending"),
        snapshot("snap-foreign", started="2026-11-21T00:00:00Z") | {"Tags": tag_list({"vllm:cache-pool": "prod"})},
    ]
    disks = full_pool(host, snapshots=snapshots)
    make_ext4(disks.disk("vol-new"), "-d", str(host.path("opt")))
    claim(disks)
    (call,) = host.calls("aws ec2 create-volume")
    assert "--snapshot-id snap-new --size 300" in call  # never smaller than its snapshot
    assert disks.mounted == ["vol-new"]


def test_iops_are_wished_for_only_where_aws_takes_the_wish(host: Host) -> None:
    disks = Disks(
        host=host,
        volumes=[volume("vol-0a", holder=OTHER, VolumeType="st1", Iops=None, Throughput=None, Encrypted=False)],
    )
    claim(disks)
    (call,) = host.calls("aws ec2 create-volume")
    assert "--iops" not in call
    assert "--throughput" not in call
    assert "--encrypted" not in call


def test_a_scratch_volume_that_another_host_left_is_taken_first(host: Host) -> None:
    left = volume("vol-0c", tags=SCRATCH)
    disks = Disks(host=host, volumes=[volume("vol-0a", holder=OTHER), left])
    claim(disks)
    assert host.calls("aws ec2 create-volume") == []
    assert disks.mounted == ["vol-0c"]
    assert disks.attachments("vol-0c")[0]["DeleteOnTermination"] is True


def test_a_scratch_volume_is_kept_over_a_reboot_even_when_a_slot_is_free_by_then(host: Host) -> None:
    disks = Disks(host=host, volumes=[volume("vol-0a"), volume("vol-0c", tags=SCRATCH, holder=INSTANCE)])
    claim(disks)
    assert disks.attached == []
    assert disks.mounted == ["vol-0c"]
    assert disks.attachments("vol-0c")[0]["DeleteOnTermination"] is True


def test_a_scratch_volume_that_would_outlive_its_instance_is_named(host: Host) -> None:
    disks = full_pool(host, refuse={"modify-instance-attribute": {"": "(UnauthorizedOperation)"}})
    claim(disks)
    assert f"scratch volume vol-new will outlive {INSTANCE}" in disks.warnings[0]
    assert disks.mounted == ["vol-new"]


REFUSED = "(VolumeLimitExceeded) You have exceeded your maximum gp3 storage limit"


@pytest.mark.parametrize(
    ("refuse", "why"),
    [
        ({"create-volume": {"": REFUSED}}, REFUSED),
        ({"describe-snapshots": {"": "(UnauthorizedOperation)"}}, "(UnauthorizedOperation)"),
        ({"attach-volume": {"vol-new": "(AttachmentLimitExceeded)"}}, "vol-new could not be attached"),
    ],
)
def test_without_a_scratch_volume_the_root_disk_serves_with_a_warning(
    host: Host, refuse: dict[str, dict[str, str]], why: str
) -> None:
    disks = full_pool(host, refuse=refuse)
    claim(disks)
    assert host.calls("mount ") == []
    assert disks.warnings[-1].startswith(f"{BUSY}, and no scratch volume: ")
    assert why in disks.warnings[-1]
    assert disks.warnings[-1].endswith("The cache is on the root disk and ends with this instance")


def test_a_boot_that_goes_on_stays_on_the_root_disk(host: Host) -> None:
    claim(full_pool(host, refuse={"create-volume": {"": REFUSED}}))
    calls = len(host.calls("aws"))
    claim(Disks(host=host, volumes=[volume("vol-0a")]))
    assert len(host.calls("aws")) == calls


def test_an_empty_pool_is_not_waited_for(host: Host) -> None:
    disks = Disks(host=host, volumes=[volume("vol-0a", AvailabilityZone="us-east-1b")])
    claim(disks)
    assert host.calls("sleep") == []
    assert disks.mounted == ["vol-new"]
    assert "pool dev has no usable slot in us-east-1a: using scratch volume" in disks.warnings[0]
