"""Processes that belong to one test, found by a variable that all their descendants inherit."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path


def carrying(marker: str) -> dict[int, str]:
    """Process ids and command lines of every process with ``marker`` in its environment, but for zombies."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            if marker.encode() in (folder / "environ").read_bytes():
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found[int(folder.name)] = command.strip()
        except OSError:  # gone meanwhile, or another user's
            continue
    return {pid: command for pid, command in found.items() if command}


def environments_of(marker: str) -> dict[str, str]:
    """Command lines of those processes with their whole environment as text."""
    texts = {}
    for pid, command in carrying(marker).items():
        try:
            texts[command] = Path(f"/proc/{pid}/environ").read_bytes().replace(b"\0", b"\n").decode()
        except OSError:
            continue
    return texts


def await_that(condition: Callable[[], bool], *, what: str, timeout_s: float) -> None:
    """Fails with ``what`` when the condition does not come about."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not come about within {timeout_s:.0f} s"
        time.sleep(0.1)
