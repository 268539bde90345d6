"""Ctrl-C and `kill` end a rehearsal in order: as one exception in the main thread, on which every ``with`` block
cleans up after itself."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class InterruptedRehearsal(KeyboardInterrupt):
    """Someone asked the rehearsal to end."""


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Raises InterruptedRehearsal inside the block at the first signal. Later ones are ignored, so that the
    cleaning up, which takes seconds, is not cut short. Only for the main thread."""

    def interrupt(number: int, _frame: FrameType | None) -> None:
        for other in _SIGNALS:
            signal.signal(other, signal.SIG_IGN)
        raise InterruptedRehearsal(signal.Signals(number).name)

    before = {number: signal.signal(number, interrupt) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
