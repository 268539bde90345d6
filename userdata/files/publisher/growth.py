"""What counters grew by between two looks. Pure but for what it remembers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .exposition import Sample


@dataclass(kw_only=True)
class Growth:
    """Of one process. A series that was not there before began at 0: counters live as long as their process, and what
    is remembered lives as long as the machine.

    ``start``: tells one life of the process from the next; 0 where it says nothing about that.
    ``blind``: what was counted before is not known, so the first look only remembers.
    """

    blind: bool = False
    _start: float = 0
    _seen: dict[str, float] = field(default_factory=dict)

    def of(self, samples: Iterable[Sample], *, start: float = 0) -> list[tuple[Sample, float]]:
        """Each sample with its growth since the last look, never negative."""
        now = {f"{sample.name}{{{sample.labels}}}": sample for sample in samples}
        # One counter that fell says that all began anew, also those that are above what they were.
        restarted = start != self._start or any(sample.value < self._seen.get(key, 0.0) for key, sample in now.items())
        before = {} if restarted else self._seen
        grown = [(sample, 0.0 if self.blind else sample.value - before.get(key, 0.0)) for key, sample in now.items()]
        # A series that one answer lacks is not a new one in the next.
        self._seen = {**before, **{key: sample.value for key, sample in now.items()}}
        self._start = start
        self.blind = False
        return grown

    def state(self) -> dict[str, Any]:
        return {"start": self._start, "seen": self._seen}


def growth_of(state: Any) -> Growth:
    """What ``Growth.state`` has told. ValueError for anything else."""
    try:
        seen = {str(key): float(value) for key, value in state["seen"].items()}
        return Growth(_start=float(state["start"]), _seen=seen)
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("not the state of a counter") from error
