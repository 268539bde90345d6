"""Claiming and mounting a slot. Disks are sparse files, so that wipefs, mkfs and e2fsck are the real ones."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.support import need
from tests.userdata.host import INSTANCE, Host
from userdata.render import host_files

MIB = 2**20
# Volumes of the pool that are free and those that this instance has; attaching prints what AWS would say.
AWS = """
case "$*" in
  *describe-volumes*attachment.instance-id*) printf '[%s]\\n' "{mine}" ;;
  *describe-volumes*) printf '[\\n    "vol-0a",\\n    "vol-0b"\\n]\\n' ;;
  *attach-volume*) {attach} ;;
esac
"""
IN_USE = "An error occurred (VolumeInUse) when calling the AttachVolume operation: vol-0a is already attached"


def disk(host: Host, volume: str) -> Path:
    return host.path("disks") / f"nvme-Amazon_Elastic_Block_Store_{volume.replace('-', '')}"


def blank(path: Path) -> Path:
    with path.open("wb") as file:
        file.truncate(64 * MIB)
    return path


def filesystem(path: Path) -> str:
    found = subprocess.run(
        ["wipefs", "--noheadings", "--output", "TYPE", str(path)], capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


@pytest.fixture
def cloud(host: Host) -> Host:
    """A host with two free slots, both blank."""
    need(shutil.which("mkfs.ext4", path="/usr/sbin:/sbin") is not None, "mkfs.ext4 is not installed (e2fsprogs)")
    host.fake("aws", AWS.format(mine="", attach=":"))
    host.fake("mount", ":")
    host.fake("mountpoint", "exit 1")
    blank(disk(host, "vol-0a"))
    blank(disk(host, "vol-0b"))
    return host


def attached(host: Host) -> list[str]:
    return [call.split("--volume-id ")[1].split()[0] for call in host.calls("aws ec2 attach-volume")]


def test_a_blank_slot_is_attached_formatted_and_mounted(cloud: Host) -> None:
    result = cloud.step("cache-slot")
    assert result.status == 0, result.output
    assert cloud.calls("aws ec2 attach-volume") == [
        f"aws ec2 attach-volume --volume-id vol-0a --instance-id {INSTANCE} --device /dev/sdf"
    ]
    assert filesystem(disk(cloud, "vol-0a")) == "ext4"
    assert cloud.calls("mount ") == [f"mount -o noatime {disk(cloud, 'vol-0a')} {cloud.path('cache')}"]
    assert (cloud.path("cache") / "engine/containerd").is_dir()


def test_the_loser_of_a_race_takes_the_next_slot(cloud: Host) -> None:
    attach = f'[[ $* != *vol-0a* ]] || {{ echo "{IN_USE}" >&2; exit 255; }}'
    cloud.fake("aws", AWS.format(mine="", attach=attach))
    result = cloud.step("cache-slot")
    assert result.status == 0, result.output
    assert attached(cloud) == ["vol-0a", "vol-0b"]
    assert filesystem(disk(cloud, "vol-0a")) == ""
    assert filesystem(disk(cloud, "vol-0b")) == "ext4"


def test_a_used_device_name_is_passed_over(cloud: Host) -> None:
    error = "(InvalidParameterValue) Attachment point /dev/sdf is already in use"
    cloud.fake("aws", AWS.format(mine="", attach=f'[[ $* != *sdf ]] || {{ echo "{error}" >&2; exit 255; }}'))
    assert cloud.step("cache-slot").status == 0
    assert [call.split()[-1] for call in cloud.calls("aws ec2 attach-volume")] == ["/dev/sdf", "/dev/sdg"]


def test_a_slot_attached_before_a_reboot_is_used_again(cloud: Host) -> None:
    cloud.fake("aws", AWS.format(mine='\\"vol-0b\\"', attach=":"))
    assert cloud.step("cache-slot").status == 0
    assert attached(cloud) == []
    assert filesystem(disk(cloud, "vol-0b")) == "ext4"


def test_a_filled_slot_keeps_its_files(cloud: Host) -> None:
    device = disk(cloud, "vol-0a")
    subprocess.run(["/sbin/mkfs.ext4", "-q", "-F", "-d", str(cloud.path("opt")), str(device)], check=True)
    assert cloud.step("cache-slot").status == 0
    kept = subprocess.run(
        ["/sbin/debugfs", "-R", "cat /probe.py", str(device)], capture_output=True, text=True, check=True
    )
    assert kept.stdout == host_files()["probe.py"]


def test_a_foreign_filesystem_is_never_formatted(cloud: Host) -> None:
    device = disk(cloud, "vol-0a")
    subprocess.run(["/sbin/mkswap", str(device)], check=True, capture_output=True)
    before = device.read_bytes()
    assert cloud.step("cache-slot").status != 0
    assert "vol-0a holds swap, not ext4: not formatted" in cloud.reason()
    assert device.read_bytes() == before


def test_data_without_a_known_filesystem_is_never_formatted(cloud: Host) -> None:
    device = disk(cloud, "vol-0a")
    with device.open("r+b") as file:
        file.seek(2 * MIB)
        file.write(b"somebody's data")
    assert cloud.step("cache-slot").status != 0
    assert "holds data but no known filesystem" in cloud.reason()
    assert filesystem(device) == ""


def test_a_damaged_filesystem_is_not_mounted(cloud: Host) -> None:
    cloud.fake("wipefs", "echo ext4")
    cloud.fake("e2fsck", "exit 4")
    assert cloud.step("cache-slot").status != 0
    assert "e2fsck cannot repair the filesystem (status 4)" in cloud.reason()
    assert cloud.calls("mount ") == []


def test_a_repaired_filesystem_is_mounted(cloud: Host) -> None:
    cloud.fake("wipefs", "echo ext4")
    cloud.fake("e2fsck", "exit 1")
    assert cloud.step("cache-slot").status == 0
    assert len(cloud.calls("mount ")) == 1


def test_without_a_free_slot_it_waits_and_says_so_until_the_deadline(cloud: Host) -> None:
    cloud.fake("aws", AWS.format(mine="", attach=f'echo "{IN_USE}" >&2; exit 255'))
    result = cloud.step("cache-slot", left_s=125)
    assert result.status != 0
    assert cloud.reason() == "no free cache slot in pool dev in us-east-1a within the boot deadline"
    waits = [event for event in cloud.events() if event["status"] == "waiting"]
    assert [event["duration_s"] for event in waits] == [0, 60, 120]
    assert waits[0]["reason"] == "every cache slot of pool dev in us-east-1a is in use"


def test_a_refusal_by_aws_ends_the_step_with_its_words(cloud: Host) -> None:
    error = "(UnauthorizedOperation) You are not authorized"
    cloud.fake("aws", AWS.format(mine="", attach=f'echo "{error}" >&2; exit 254'))
    assert cloud.step("cache-slot").status != 0
    assert error in cloud.reason()
    assert attached(cloud) == ["vol-0a"]


def test_the_device_is_waited_for(cloud: Host) -> None:
    device = disk(cloud, "vol-0a")
    device.rename(device.with_suffix(".hidden"))
    cloud.fake("sleep", f'mv "{device}.hidden" "{device}"')
    assert cloud.step("cache-slot").status == 0
    assert filesystem(device) == "ext4"


def test_a_device_that_never_appears_has_a_reason(cloud: Host) -> None:
    disk(cloud, "vol-0a").unlink()
    assert cloud.step("cache-slot", left_s=20).status != 0
    assert "vol-0a is attached but" in cloud.reason()


def test_a_describe_that_keeps_failing_is_not_taken_for_an_empty_pool(cloud: Host) -> None:
    cloud.fake("aws", 'echo "AccessDenied: describe" >&2; exit 254')
    result = cloud.step("cache-slot")
    assert result.status != 0
    assert "AccessDenied" in result.output.splitlines()[-1]
    assert len(cloud.calls("aws ec2 describe-volumes")) == 6
