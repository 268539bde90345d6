"""What a volume holds before a host gets it, and what can be told of it afterwards. Files are sparse."""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

from rehearsal.host.errors import HostRehearsalError

CHUNK_BYTES = 1 << 20
SUPERBLOCK_BYTES = 1024


def ext4(file: Path) -> None:
    """An empty filesystem, as a host makes it."""
    _run("mkfs.ext4", "-q", "-F", "-m", "0", "-L", "vllm-cache", str(file))


def corrupt_ext4(file: Path) -> None:
    """An ext4 whose signature is there and whose tables are not: `e2fsck -p` says "UNEXPECTED INCONSISTENCY"."""
    ext4(file)
    with file.open("r+b") as handle:
        handle.seek(4096)  # the group descriptors, behind the superblock's block
        handle.write(os.urandom(64 * 1024))


def xfs(file: Path) -> None:
    """The superblock of an XFS, by which wipefs and mount know one (xfs_dsb in the kernel's xfs_format.h).

    mkfs.xfs is no part of a base system, and nothing may look further than this anyway.
    """
    head = struct.pack(">4sIQQQ", b"XFSB", 4096, 1 << 18, 0, 0)
    identity = bytes(range(16)) + struct.pack(">QQQQ", 1 << 17, 128, 129, 130)
    groups = struct.pack(">IIIII", 1, 1 << 16, 4, 0, 2560)
    sizes = struct.pack(">HHHH12s", 0xB4A5, 512, 512, 8, b"other")
    logs = bytes([12, 9, 9, 3, 16, 0, 0, 25])
    with file.open("r+b") as handle:
        handle.write((head + identity + groups + sizes + logs).ljust(512, b"\0"))


def nearly_full(file: Path, *, free_mib: int) -> None:
    """An ext4 that files of someone else fill, but for ``free_mib``."""
    ext4(file)
    with mounted(file) as folder:
        fill(folder / "not-of-vllm", leave_mib=free_mib)


def fill(file: Path, *, leave_mib: int) -> None:
    """A file that takes the room of its filesystem, but for ``leave_mib``; no data is written."""
    file.parent.mkdir(parents=True, exist_ok=True)
    stat = os.statvfs(file.parent)
    size = stat.f_bavail * stat.f_frsize - leave_mib * 2**20
    _run("fallocate", "--length", str(size), str(file))


class mounted:  # noqa: N801 (used like a function)
    """``with mounted(file) as folder``: its filesystem, mounted on this machine."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._folder = file.with_suffix(".mounted")

    def __enter__(self) -> Path:
        self._folder.mkdir()
        _run("mount", "-o", "loop", str(self._file), str(self._folder))
        return self._folder

    def __exit__(self, *_: object) -> None:
        _run("umount", str(self._folder))
        self._folder.rmdir()


def fingerprint(file: Path) -> str:
    """Of all data and where it stands: the same as long as nobody wrote."""
    digest = hashlib.sha256()
    for offset, chunk in chunks(file):
        if chunk.strip(b"\0"):  # a hole and written zeros read the same
            digest.update(offset.to_bytes(8, "big") + chunk)
    return digest.hexdigest()


def contains(file: Path, *needles: str) -> bool:
    """Whether any of the texts stands anywhere in the raw bytes, in files, in free blocks or in a journal."""
    wanted = [needle.encode() for needle in needles]
    longest = max(map(len, wanted))
    before, end = b"", 0
    for offset, chunk in chunks(file):
        text = (before if offset == end else b"") + chunk
        if any(needle in text for needle in wanted):
            return True
        before, end = chunk[-longest:], offset + len(chunk)
    return False


def chunks(file: Path) -> Iterator[tuple[int, bytes]]:
    """Offsets and data, in chunks that begin at multiples of their size; holes are left out."""
    with file.open("rb") as handle:
        position, size = 0, file.stat().st_size
        while position < size:
            try:
                position = os.lseek(handle.fileno(), position, os.SEEK_DATA)
            except OSError:  # ENXIO: no data from here on
                return
            position -= position % CHUNK_BYTES
            yield position, os.pread(handle.fileno(), CHUNK_BYTES, position)
            position += CHUNK_BYTES


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise HostRehearsalError(f"{command[0]}: {done.stderr.strip()}")
