"""Clocks for what AWS waits for: a rehearsal may run them fast, a test moves one by hand."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """Seconds as AWS would count them, from an arbitrary start."""

    def seconds(self) -> float: ...


class ScaledClock:
    """The monotonic clock, ``scale`` times as fast: at 100 a warm-up of 120 s takes 1.2 s."""

    def __init__(self, scale: float = 1.0) -> None:
        if scale <= 0:
            raise ValueError(f"scale must be positive, not {scale}")
        self._scale = scale
        self._start_s = time.monotonic()

    def seconds(self) -> float:
        return (time.monotonic() - self._start_s) * self._scale


class ManualClock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self._seconds = 0.0

    def seconds(self) -> float:
        return self._seconds

    def advance(self, seconds: float) -> None:
        self._seconds += seconds
