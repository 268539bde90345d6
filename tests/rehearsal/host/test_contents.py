"""Volumes that are not as a host wants them, and what can be told of a volume afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from rehearsal.host import contents
from tests.e2e.support import need


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    need(shutil.which("mkfs.ext4") is not None and shutil.which("wipefs") is not None, "e2fsprogs, util-linux")
    file = tmp_path / "volume"
    with file.open("wb") as handle:
        handle.truncate(1 << 30)
    return file


def kind(volume: Path) -> str:
    command = ["wipefs", "--noheadings", "--output", "TYPE", str(volume)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.mark.parametrize(
    ("prepare", "found"), [(contents.ext4, "ext4"), (contents.corrupt_ext4, "ext4"), (contents.xfs, "xfs")]
)
def test_a_volume_has_the_signature_of_what_it_stands_for(
    volume: Path, prepare: Callable[[Path], None], found: str
) -> None:
    prepare(volume)
    assert kind(volume) == found


def test_a_corrupt_filesystem_is_one_that_fsck_does_not_repair_by_itself(volume: Path) -> None:
    contents.corrupt_ext4(volume)
    assert subprocess.run(["e2fsck", "-n", str(volume)], capture_output=True, check=False).returncode >= 4


def test_a_fingerprint_tells_a_written_byte_and_no_hole(volume: Path) -> None:
    contents.ext4(volume)
    before = contents.fingerprint(volume)
    with volume.open("r+b") as handle:
        handle.seek(900 << 20)
        handle.write(b"\0" * 8192)
    assert contents.fingerprint(volume) == before
    with volume.open("r+b") as handle:
        handle.seek(900 << 20)
        handle.write(b"x")
    assert contents.fingerprint(volume) != before


def test_a_text_is_found_where_it_crosses_two_chunks(volume: Path) -> None:
    with volume.open("r+b") as handle:
        handle.seek(5 * contents.CHUNK_BYTES - 4)
        handle.write(b"planted-value")
    assert contents.contains(volume, "nothing", "planted-value")
    assert not contents.contains(volume, "nothing", "planted-valuf")


@pytest.mark.e2e
def test_a_full_volume_has_so_much_room(volume: Path) -> None:
    need(os.geteuid() == 0, "mounting needs root")
    contents.nearly_full(volume, free_mib=64)
    with contents.mounted(volume) as folder:
        stat = os.statvfs(folder)
        assert stat.f_bavail * stat.f_frsize <= 65 << 20
    assert volume.stat().st_blocks * 512 < 64 << 20  # no data was written on this machine
