"""Looks at the machine, beside the publisher's round: a GPU or a disk that hangs takes whoever asks it along."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .commands import Commands
from .host_series import Machine
from .settings import Settings

EVERY_S = 60
STALE_S = 150  # after that a look says nothing about now


@dataclass(kw_only=True)
class Counts:
    """What has to outlive the publisher's process. ``known_restarts``: systemd's number at the last look."""

    restarts: int = 0
    known_restarts: int = 0
    xid_errors: int = 0

    def saw_restarts(self, number: int | None) -> None:
        """systemd begins at 0 when a person or a boot starts vLLM again."""
        if number is not None:
            self.restarts += number - (self.known_restarts if number >= self.known_restarts else 0)
            self.known_restarts = number


@dataclass(kw_only=True)
class Hardware:
    """``latest`` is what the last look saw; it tells nothing but counters when that look is too old."""

    settings: Settings
    commands: Commands
    counts: Counts = field(default_factory=Counts)
    meminfo: Path = Path("/proc/meminfo")
    clock: Callable[[], float] = time.monotonic
    _seen: Machine = field(default_factory=Machine)
    _seen_s: float = -STALE_S

    def start(self) -> None:
        threading.Thread(target=self._go_on, name="hardware", daemon=True).start()

    def look(self) -> None:
        self.counts.xid_errors += self.commands.new_fatal_gpu_errors(self.settings.kernel_cursor)
        self.counts.saw_restarts(self.commands.restarts())
        self._seen = Machine(
            memory=memory_used(self.meminfo),
            root_disk=_disk_used(Path("/")),
            cache_disk=_disk_used(self.settings.cache_dir),
            gpus=self.commands.gpus(),
        )
        self._seen_s = self.clock()

    def latest(self) -> Machine:
        seen = self._seen if self.clock() - self._seen_s < STALE_S else Machine()
        return Machine(
            memory=seen.memory,
            root_disk=seen.root_disk,
            cache_disk=seen.cache_disk,
            gpus=seen.gpus,
            xid_errors=self.counts.xid_errors,
            restarts=self.counts.restarts,
        )

    def _go_on(self) -> None:
        while True:
            try:
                self.look()
            except Exception as error:
                sys.stderr.write(f"vllm: publisher: the machine could not be looked at: {error!r}\n")
            time.sleep(EVERY_S)


def memory_used(meminfo: Path) -> float | None:
    """The part that no program could get, 0 to 1."""
    try:
        lines = meminfo.read_text(encoding="ascii").splitlines()
        kib = {line.split(":")[0]: float(line.split()[1]) for line in lines}
        return 1 - kib["MemAvailable"] / kib["MemTotal"]
    except (OSError, KeyError, ValueError, IndexError, ZeroDivisionError):
        return None


def _disk_used(path: Path) -> float | None:
    try:
        usage = shutil.disk_usage(path)
    except OSError:
        return None
    return usage.used / max(1, usage.used + usage.free)
