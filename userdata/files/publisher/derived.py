"""What follows from vLLM's series and is not one of them. Pure but for what it remembers."""

from __future__ import annotations

from dataclasses import dataclass

from ..agent.metrics import PROGRESS
from .exposition import Exposition

RUNNING, WAITING = "vllm:num_requests_running", "vllm:num_requests_waiting"
CACHE_USED = "vllm:kv_cache_usage_perc"
FULL = 0.95
NAMES = frozenset((*PROGRESS, RUNNING, WAITING, CACHE_USED))
"""Series that are needed here."""


def cache_is_full_while_waiting(seen: Exposition) -> bool | None:
    """None where the server has none of the series."""
    used, waiting = seen.largest(CACHE_USED), seen.total(WAITING)
    return None if used is None or waiting is None else used >= FULL and waiting > 0


def load_ratio(seen: Exposition, *, planned: int) -> float | None:
    """Requests that run and wait, by those that the plan has at once; None where the server lacks one of the series."""
    running, waiting = seen.total(RUNNING), seen.total(WAITING)
    return None if running is None or waiting is None else (running + waiting) / planned


@dataclass(kw_only=True)
class Stall:
    """For how long requests have been running without a sign of work, by the signs that the agent goes by: tokens, and
    during a long prompt the KV cache."""

    _signs: frozenset[tuple[str, str, float]] = frozenset()
    _since_s: float | None = None

    def seconds(self, seen: Exposition, now_s: float) -> float:
        """0 while there is work, or nothing to do. ``now_s`` only runs forward."""
        signs = frozenset((sample.name, sample.labels, sample.value) for name in PROGRESS for sample in seen.of(name))
        busy = (seen.total(RUNNING) or 0) > 0
        if not busy or signs != self._signs or self._since_s is None:
            self._signs, self._since_s = signs, now_s
        return now_s - self._since_s
