"""The checks of a rehearsal as they are made: each is timed, printed, and ends the rehearsal when it fails."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rehearsal.inventory.model import Section
from rehearsal.report import Check

_ERROR = re.compile(r"\b(error: .*)")
_SHOWN = 3  # lines


class StepFailedError(Exception):
    """A step did not show what it had to; the text says what came instead. It ends the rehearsal."""


@dataclass(kw_only=True)
class Found:
    """What a rehearsal has seen so far, for its report, whichever step ends it."""

    resources: int = 0
    outputs: Mapping[str, Any] = field(default_factory=dict)
    inventory: tuple[Section, ...] = ()
    left: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Outcome:
    """What a step may say of itself before it ends."""

    detail: str = ""


@dataclass(kw_only=True)
class Ledger:
    """``failures`` are the exceptions that mean a failed step; any other is a mistake of ours and passes through."""

    tell: Callable[[Check], None]
    failures: tuple[type[Exception], ...]
    checks: list[Check] = field(default_factory=list)

    @contextlib.contextmanager
    def step(self, name: str) -> Iterator[Outcome]:
        """Raises StepFailedError when the block does or when it raises one of ``failures``."""
        outcome, begun = Outcome(), time.monotonic()
        try:
            yield outcome
        except self._caught as error:
            self._add(name, passed=False, detail=last_words(error), begun=begun)
            raise StepFailedError(name) from error
        self._add(name, passed=True, detail=outcome.detail, begun=begun)

    @property
    def _caught(self) -> tuple[type[Exception], ...]:
        return (StepFailedError, *self.failures)

    def _add(self, name: str, *, passed: bool, detail: str, begun: float) -> None:
        check = Check(name=name, passed=passed, detail=detail, seconds=round(time.monotonic() - begun, 1))
        self.checks.append(check)
        self.tell(check)


def last_words(error: Exception) -> str:
    """Errors of the engine carry its whole output; the lines that say "error" are what a person needs."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = dict.fromkeys(found[1] for line in lines if (found := _ERROR.search(line)))
    return " | ".join(list(said)[:_SHOWN] or lines[-_SHOWN:])
