"""The same steps on a real block device with real mounts, where this machine lets us."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.support import need
from tests.userdata.disks import MIB, Disks, make_ext4, need_tools, volume
from tests.userdata.host import INSTANCE, Host
from tests.userdata.test_cache_release import release

pytestmark = pytest.mark.e2e

SIZE = 256 * MIB


@dataclass(frozen=True, kw_only=True)
class Slot:
    """``vol-0a`` as a loop device under the name that udev gives on EC2."""

    disks: Disks
    file: Path
    device: str

    @property
    def cache(self) -> Path:
        return self.disks.host.path("cache")

    def grow(self) -> None:
        os.truncate(self.file, 2 * SIZE)
        run("losetup", "--set-capacity", self.device)

    def digest(self) -> str:
        with self.file.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()


def run(*command: str, check: bool = True) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=check).stdout.strip()


@pytest.fixture
def slot(host: Host) -> Iterator[Slot]:
    need_tools()
    need(os.geteuid() == 0 and Path("/dev/loop-control").exists(), "loop devices need root and /dev/loop-control")
    file = host.path("vol-0a.img")
    with file.open("wb") as new:
        new.truncate(SIZE)
    device = run("losetup", "--find", "--show", str(file))
    try:
        disks = Disks(host=host, volumes=[volume("vol-0a"), volume("vol-0b")], really_mounts=True)
        disks.disk("vol-0a").symlink_to(device)
        make_ext4(blank(disks.disk("vol-0b")))
        for program in ("systemctl", "docker"):
            host.fake(program, ":")
        yield Slot(disks=disks, file=file, device=device)
    finally:
        for folder in ("elsewhere", "docker", "containerd", "cache"):
            run("umount", str(host.path(folder)), check=False)
        run("losetup", "--detach", device)


def blank(path: Path) -> Path:
    with path.open("wb") as file:
        file.truncate(SIZE)
    return path


def mounts(slot: Slot) -> list[str]:
    """Where the device is mounted, below the host's folder."""
    found = run("findmnt", "--noheadings", "--raw", "--output", "TARGET", "--source", slot.device, check=False)
    return sorted(line.removeprefix(f"{slot.disks.host.root}/") for line in found.splitlines())


def boot(slot: Slot) -> None:
    for step in ("cache-slot", "container-store"):
        result = slot.disks.host.step(step)
        assert result.status == 0, result.output


def test_from_a_blank_slot_to_a_released_one_and_back(slot: Slot) -> None:
    boot(slot)
    assert mounts(slot) == ["cache", "containerd", "docker"]
    (slot.cache / "huggingface/weights").write_text("model")
    (slot.disks.host.path("docker") / "layer").write_text("image")
    boot(slot)  # a boot that goes on
    assert mounts(slot) == ["cache", "containerd", "docker"]
    assert release(slot.disks.host).status == 0
    assert mounts(slot) == []
    assert slot.disks.attachments("vol-0a") == []

    slot.grow()
    boot(slot)
    assert (slot.cache / "huggingface/weights").read_text() == "model"
    assert (slot.disks.host.path("docker") / "layer").read_text() == "image"
    stat = os.statvfs(slot.cache)
    assert stat.f_blocks * stat.f_frsize > 1.5 * SIZE
    assert slot.disks.warnings == []


def test_a_damaged_superblock_is_left_byte_for_byte(slot: Slot) -> None:
    make_ext4(Path(slot.device))
    with slot.file.open("r+b") as file:
        file.seek(1024 + 4)
        file.write(os.urandom(40))
    run("blockdev", "--flushbufs", slot.device)
    before = slot.digest()
    result = slot.disks.host.step("cache-slot")
    run("blockdev", "--flushbufs", slot.device)
    assert slot.digest() == before
    assert mounts(slot) == []
    assert slot.disks.attachments("vol-0a") == []
    assert "volume vol-0a has a damaged ext4 filesystem" in slot.disks.warnings[0]
    assert slot.disks.holds("vol-0b"), result.output


def test_a_volume_is_never_mounted_twice(slot: Slot) -> None:
    make_ext4(Path(slot.device))
    elsewhere = slot.disks.host.path("elsewhere")
    elsewhere.mkdir()
    run("mount", slot.device, str(elsewhere))
    state = slot.disks.host.path("cloud.json")
    cloud = json.loads(state.read_text())
    cloud["volumes"][0] = volume("vol-0a", holder=INSTANCE)
    state.write_text(json.dumps(cloud))
    slot.disks.host.step("cache-slot")
    assert mounts(slot) == ["elsewhere"]
    assert slot.disks.holds("vol-0a")
    assert f"volume vol-0a is mounted at {elsewhere}" in slot.disks.warnings[0]
