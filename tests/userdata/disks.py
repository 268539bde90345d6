"""A host with a cloud of volumes. Disks are sparse files, so that wipefs, mkfs, e2fsck and resize2fs are real."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.e2e.support import need
from tests.userdata import volumes_cli
from tests.userdata.host import INSTANCE, Host

MIB = 2**20
DISK_BYTES = 64 * MIB
ZONE = "us-east-1a"
OTHER = "i-0fedcba9876543210"
POOL = {"vllm:cache-pool": "dev"}
SCRATCH = {"vllm:scratch": "dev"}


def need_tools() -> None:
    need(shutil.which("mkfs.ext4", path="/usr/sbin:/sbin") is not None, "mkfs.ext4 is not installed (e2fsprogs)")


def tag_list(tags: dict[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def volume(volume_id: str, *, holder: str = "", tags: dict[str, str] = POOL, **more: Any) -> dict[str, Any]:
    """As AWS describes it; ``holder``: the instance that has it."""
    attachments = [{"InstanceId": holder, "Device": "/dev/sdf", "State": "attached"}] if holder else []
    described = {
        "VolumeId": volume_id,
        "AvailabilityZone": ZONE,
        "State": "in-use" if holder else "available",
        "Attachments": attachments,
        "Tags": tag_list(tags),
        "Size": 200,
        "VolumeType": "gp3",
        "Iops": 3000,
        "Throughput": 250,
        "Encrypted": True,
        "KmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/0a",
    }
    return described | more


def snapshot(snapshot_id: str, *, started: str, state: str = "completed", size_gib: int = 200) -> dict[str, Any]:
    return {
        "SnapshotId": snapshot_id,
        "StartTime": started,
        "State": state,
        "VolumeSize": size_gib,
        "Tags": tag_list(POOL),
    }


@dataclass(frozen=True, kw_only=True)
class Disks:
    """``volumes`` are there with a blank disk each, and so is the one that create-volume makes ("vol-new")."""

    host: Host
    volumes: list[dict[str, Any]]
    snapshots: list[dict[str, Any]] = field(default_factory=list)
    refuse: dict[str, dict[str, str]] = field(default_factory=dict)
    really_mounts: bool = False  # the test makes the devices, and may mount

    def __post_init__(self) -> None:
        state = {"volumes": self.volumes, "snapshots": self.snapshots, "refuse": self.refuse}
        self._state.write_text(json.dumps(state), encoding="utf-8")
        self.host.fake("aws", f'exec {sys.executable} -E "{volumes_cli.__file__}" "{self._state}" "$@"')
        if self.really_mounts:
            return
        for program in ("mount", "umount"):
            self.host.fake(program, ":")
        for name in ("mountpoint", "findmnt"):
            self.host.fake(name, "exit 1")
        for each in [*self.volumes, {"VolumeId": "vol-new"}]:
            path = self.disk(each["VolumeId"])
            if not path.exists():
                with path.open("wb") as file:
                    file.truncate(DISK_BYTES)

    @property
    def _state(self) -> Path:
        return self.host.path("cloud.json")

    def disk(self, volume_id: str) -> Path:
        return self.host.path("disks") / f"nvme-Amazon_Elastic_Block_Store_{volume_id.replace('-', '')}"

    def attachments(self, volume_id: str) -> list[dict[str, Any]]:
        volumes = json.loads(self._state.read_text(encoding="utf-8"))["volumes"]
        (found,) = [each["Attachments"] for each in volumes if each["VolumeId"] == volume_id]
        return list(found)

    def holds(self, volume_id: str) -> bool:
        """Whether this instance has the volume."""
        return [item["InstanceId"] for item in self.attachments(volume_id)] == [INSTANCE]

    @property
    def attached(self) -> list[str]:
        """Every volume that was asked for, in order."""
        return [call.split("--volume-id ")[1].split()[0] for call in self.host.calls("aws ec2 attach-volume")]

    @property
    def mounted(self) -> list[str]:
        """The disks that were mounted, in order."""
        return [call.split()[-2].rsplit("_")[-1].replace("vol", "vol-") for call in self.host.calls("mount ")]

    @property
    def warnings(self) -> list[str]:
        if not (self.host.path("run") / "events").exists():
            return []
        return [event["reason"] for event in self.host.events() if event["status"] == "warning"]


def filesystem(path: Path) -> str:
    """What wipefs finds; "" for none."""
    found = subprocess.run(
        ["/usr/sbin/wipefs", "--noheadings", "--output", "TYPE", str(path)], capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


def make_ext4(path: Path, *options: str) -> None:
    subprocess.run(["/sbin/mkfs.ext4", "-q", "-F", *options, str(path)], check=True)


def claim(disks: Disks) -> str:
    """Step cache-slot, which must end well; what it printed."""
    result = disks.host.step("cache-slot")
    assert result.status == 0, result.output
    assert (disks.host.path("cache") / "engine/containerd").is_dir()
    return result.output
