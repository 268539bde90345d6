"""``python -m tests.e2e.endless_boot``: boots a host that gets no key, so waits, until somebody ends it."""

from __future__ import annotations

import sys
from threading import Event

from rehearsal.interrupt import InterruptedRehearsal, interruptible
from tests.e2e.booted import booted


def boot() -> None:
    """Does not return; InterruptedRehearsal when a signal comes, after everything is cleaned up."""
    with interruptible(), booted(say=_say):
        Event().wait()


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        boot()
    except InterruptedRehearsal as interrupt:
        _say(f"interrupted by {interrupt}")
        sys.exit(130)
