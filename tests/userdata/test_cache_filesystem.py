"""What is on a slot decides: used, repaired, grown, formatted when blank; everything else is left byte for byte."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.userdata.disks import DISK_BYTES, MIB, Disks, filesystem, make_ext4, need_tools, volume
from tests.userdata.host import Host
from userdata.render import host_files

FILE = "probe.py"


@pytest.fixture
def disks(host: Host) -> Disks:
    """Two free slots, both blank."""
    need_tools()
    return Disks(host=host, volumes=[volume("vol-0a"), volume("vol-0b")])


def fill(disks: Disks, volume_id: str, *options: str) -> Path:
    """An ext4 filesystem with the host scripts in it."""
    path = disks.disk(volume_id)
    make_ext4(path, "-d", str(disks.host.path("opt")), *options)
    return path


def debugfs(path: Path, command: str) -> str:
    """Dated long ago, so that a superblock that is written again is seen."""
    done = subprocess.run(
        ["/sbin/debugfs", "-w", "-R", command, str(path)],
        env={"E2FSPROGS_FAKE_TIME": "1600000000"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def has_file(path: Path) -> bool:
    return debugfs(path, f"cat /{FILE}") == host_files()[FILE]


def write_at(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def foreign_swap(disks: Disks) -> None:
    subprocess.run(["/sbin/mkswap", str(disks.disk("vol-0a"))], check=True, capture_output=True)


def foreign_xfs(disks: Disks) -> None:
    # As much of a superblock as libblkid checks (xfs_sb in xfs_format.h, big-endian): (offset, bytes, value).
    fields = ((4, 4, 4096), (8, 8, DISK_BYTES // 4096), (80, 4, 1), (84, 4, DISK_BYTES // 4096 // 4), (88, 4, 4))
    sizes = ((102, 2, 512), (104, 2, 512), (106, 2, 8), (120, 1, 12), (121, 1, 9), (122, 1, 9), (123, 1, 3))
    superblock = bytearray(b"XFSB".ljust(512, b"\0"))
    for offset, length, value in fields + sizes:
        superblock[offset : offset + length] = value.to_bytes(length, "big")
    write_at(disks.disk("vol-0a"), 0, bytes(superblock))


def foreign_partitions(disks: Disks) -> None:
    path = disks.disk("vol-0a")
    subprocess.run(["/sbin/sfdisk", "--quiet", str(path)], input=b"type=83\n", check=True, capture_output=True)


def data_without_a_filesystem(disks: Disks) -> None:
    write_at(disks.disk("vol-0a"), 2 * MIB, b"somebody's data")


def lost_magic(disks: Disks) -> None:
    write_at(fill(disks, "vol-0a"), 1024 + 56, b"\0\0")


def lost_beginning(disks: Disks) -> None:
    path = disks.disk("vol-0a")
    with path.open("wb") as file:
        file.truncate(200 * MIB)  # the copy of the superblock is in the second group, after 128 MiB
    write_at(fill(disks, "vol-0a", "-b", "4096"), 0, bytes(4 * MIB))


def damaged_superblock(disks: Disks) -> None:
    write_at(fill(disks, "vol-0a"), 1024 + 4, os.urandom(40))


def damaged_inodes(disks: Disks) -> None:
    # e2fsck first repairs some of it and writes that, and gives up only then.
    path = fill(disks, "vol-0a")
    debugfs(path, "set_super_value state 2")
    shown = subprocess.run(["/sbin/dumpe2fs", str(path)], capture_output=True, text=True, check=True).stdout
    table = re.search(r"Inode table at (\d+)", shown)
    block = re.search(r"Block size: +(\d+)", shown)
    assert table
    assert block
    write_at(path, int(table[1]) * int(block[1]), os.urandom(40 * int(block[1])))


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (foreign_swap, "holds swap, not ext4"),
        (foreign_xfs, "holds xfs, not ext4"),
        (foreign_partitions, "holds dos, not ext4"),
        (data_without_a_filesystem, "holds data but no known filesystem"),
        (lost_magic, "holds data but no known filesystem"),
        (lost_beginning, "holds an ext4 filesystem that has lost its beginning"),
        (damaged_superblock, "has a damaged ext4 filesystem (e2fsck ends with status 8)"),
        (damaged_inodes, "has a damaged ext4 filesystem (e2fsck ends with status 4)"),
    ],
    ids=lambda value: value.__name__ if callable(value) else "",
)
def test_what_is_foreign_or_damaged_is_left_byte_for_byte_and_given_back(
    disks: Disks, damage: Callable[[Disks], None], why: str
) -> None:
    damage(disks)
    before = digest(disks.disk("vol-0a"))
    result = disks.host.step("cache-slot")
    assert result.status == 0, result.output
    assert digest(disks.disk("vol-0a")) == before
    assert disks.attachments("vol-0a") == []
    assert disks.mounted == ["vol-0b"]
    assert disks.holds("vol-0b")
    (warning,) = disks.warnings
    assert warning.startswith(f"volume vol-0a {why}")
    assert "wipe it (wipefs --all DEVICE), or delete it and run pulumi up --refresh" in warning


def test_a_pool_of_damaged_slots_is_not_waited_for_and_not_tried_in_circles(disks: Disks) -> None:
    foreign_swap(disks)
    make_ext4(disks.disk("vol-0b"))
    write_at(disks.disk("vol-0b"), 1024 + 4, os.urandom(40))
    result = disks.host.step("cache-slot")
    assert result.status == 0, result.output
    assert disks.attached == ["vol-0a", "vol-0b", "vol-new"]
    assert disks.mounted == ["vol-new"]
    assert disks.host.calls("sleep") == []


def test_a_filled_slot_keeps_its_files(disks: Disks) -> None:
    path = fill(disks, "vol-0a")
    assert disks.host.step("cache-slot").status == 0
    assert disks.mounted == ["vol-0a"]
    assert has_file(path)


def test_a_filesystem_that_was_not_unmounted_is_repaired_and_used(disks: Disks) -> None:
    path = fill(disks, "vol-0a")
    debugfs(path, "set_super_value state 0")
    debugfs(path, "set_super_value free_blocks_count 7")
    assert disks.host.step("cache-slot").status == 0
    assert disks.mounted == ["vol-0a"]
    assert disks.warnings == []
    assert has_file(path)
    assert not (disks.host.path("run") / "e2fsck.undo").exists()


def blocks(path: Path) -> int:
    shown = subprocess.run(["/sbin/dumpe2fs", "-h", str(path)], capture_output=True, text=True, check=True).stdout
    return int(shown.split("Block count:")[1].split()[0]) * int(shown.split("Block size:")[1].split()[0])


def test_a_filesystem_grows_with_its_volume(disks: Disks) -> None:
    path = fill(disks, "vol-0a")
    with path.open("r+b") as file:
        file.truncate(2 * DISK_BYTES)
    assert blocks(path) == DISK_BYTES
    result = disks.host.step("cache-slot")
    assert result.status == 0, result.output
    assert blocks(path) == 2 * DISK_BYTES
    assert has_file(path)
    assert disks.mounted[-1] == "vol-0a"
    assert disks.warnings == []


def test_a_filesystem_that_does_not_grow_is_used_as_it_is(disks: Disks) -> None:
    fill(disks, "vol-0a")
    disks.host.fake("resize2fs", "echo 'no room for descriptors' >&2; exit 1")
    assert disks.host.step("cache-slot").status == 0
    assert disks.mounted == ["vol-0a", "vol-0a"]
    (warning,) = disks.warnings
    assert "does not grow to the volume's size" in warning
    assert "no room for descriptors" in warning


def test_a_filesystem_that_the_kernel_refuses_is_given_back(disks: Disks) -> None:
    path = fill(disks, "vol-0a")
    disks.host.fake("mount", 'if [[ "$*" == *vol0a* ]]; then echo "wrong fs type, bad option" >&2; exit 32; fi')
    assert disks.host.step("cache-slot").status == 0
    assert disks.attachments("vol-0a") == []
    assert disks.holds("vol-0b")
    assert "volume vol-0a cannot be mounted: wrong fs type, bad option" in disks.warnings[0]
    assert has_file(path)


def test_blank_means_no_signature_and_zeros(disks: Disks) -> None:
    assert filesystem(disks.disk("vol-0a")) == ""
    assert disks.host.step("cache-slot").status == 0
    assert filesystem(disks.disk("vol-0a")) == "ext4"
    assert disks.host.calls("umount") == []
