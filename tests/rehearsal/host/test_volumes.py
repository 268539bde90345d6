"""Volumes keep what was written to them across attachments, and leave no device behind."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from rehearsal.host import volumes
from rehearsal.host.volumes import VolumeStore
from tests.e2e.support import need

VOLUME = "vol-0123456789abcdef0"

pytestmark = pytest.mark.e2e


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    need(volumes.missing() is None and os.geteuid() == 0, volumes.missing() or "loop devices need root")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def devices() -> str:
    return subprocess.run(["losetup", "--list"], capture_output=True, text=True, check=True).stdout


def test_contents_outlive_an_attachment() -> None:
    with VolumeStore() as store:
        first = Path(f"/dev/loop{store.attach(volume_id=VOLUME, size_gib=1)}")
        first.write_bytes(b"model")
        assert store.detach(volume_id=VOLUME)
        second = Path(f"/dev/loop{store.attach(volume_id=VOLUME, size_gib=1)}")
        with second.open("rb") as device:
            assert device.read(5) == b"model"


def test_a_volume_takes_no_room_until_it_is_written_to() -> None:
    with VolumeStore() as store:
        store.attach(volume_id=VOLUME, size_gib=200)
        stat = (store.folder / VOLUME).stat()
        assert stat.st_size == 200 * 2**30
        assert stat.st_blocks * 512 < 2**20


def test_a_detached_volume_that_is_in_use_is_told_apart() -> None:
    with VolumeStore() as store:
        number = store.attach(volume_id=VOLUME, size_gib=1)
        with Path(f"/dev/loop{number}").open("rb"):
            assert not store.detach(volume_id=VOLUME)


def test_the_end_leaves_no_device_and_no_file() -> None:
    with VolumeStore() as store:
        store.attach(volume_id=VOLUME, size_gib=1)
        assert str(store.folder) in devices()
    assert str(store.folder) not in devices()
    assert not store.folder.exists()


def test_what_a_killed_rehearsal_left_is_removed(tmp_path: Path) -> None:
    left = tmp_path / "vllm-pulumi" / "volumes-999999999-dead"
    left.mkdir(parents=True)
    (left / VOLUME).write_bytes(b"\0" * 2**20)
    subprocess.run(["losetup", "--find", str(left / VOLUME)], check=True)
    with VolumeStore():
        assert not left.exists()
        assert str(left) not in devices()
