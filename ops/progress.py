"""What a verb waits for, on stderr: a live line on a terminal, a plain line now and then elsewhere.

``with progress("asking AWS") as line: line.update("3 of 12 checks")``. What is over within two seconds shows nothing.
"""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TextIO

from ops.columns import length

QUIET_S = 2.0
LIVE_S = 0.5
PLAIN_S, SAME_S = 10.0, 60.0
"""Between plain lines: of new text, and of text that has been said."""
CLEAR = "\r\x1b[K"


@dataclass(kw_only=True)
class Line:
    """The line of one piece of work. ``quiet_s``: how long nothing is shown."""

    what: str
    stream: TextIO
    live: bool
    quiet_s: float = QUIET_S
    now_s: Callable[[], float] = time.monotonic
    _text: str = ""
    _said: str | None = None
    _said_at_s: float = 0.0
    _shown: bool = False
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _began_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._began_s = self.now_s()

    def update(self, text: str) -> None:
        """How far it is; shown when its time has come."""
        with self._lock:
            self._text = " ".join(text.split())
        self.tick()

    def say(self, text: str) -> None:
        """A line that stays, above the live one."""
        with self._lock:
            self._clear()
            self._write(text + "\n")
        self.tick()

    def tick(self) -> None:
        """Show what is due now."""
        with self._lock:
            now_s = self.now_s()
            if now_s - self._began_s < self.quiet_s:
                return
            if self.live:
                self._write(CLEAR + self._fitted(now_s))
                self._shown = True
            elif self._plain_is_due(now_s):
                self._write(self._line(now_s) + "\n")
                self._said, self._said_at_s = self._text, now_s

    def end(self) -> None:
        with self._lock:
            self._clear()

    def _plain_is_due(self, now_s: float) -> bool:
        if self._said is None:
            return True
        return now_s - self._said_at_s >= (SAME_S if self._said == self._text else PLAIN_S)

    def _line(self, now_s: float) -> str:
        return f"{self.what}{': ' if self._text else ''}{self._text} ({length(now_s - self._began_s)})"

    def _fitted(self, now_s: float) -> str:
        return self._line(now_s)[: shutil.get_terminal_size().columns - 1]

    def _clear(self) -> None:
        if self._shown:
            self._write(CLEAR)
            self._shown = False

    def _write(self, text: str) -> None:
        self.stream.write(text)
        self.stream.flush()


@contextmanager
def progress(what: str, *, stream: TextIO | None = None, quiet_s: float = QUIET_S) -> Iterator[Line]:
    """``what`` is shown while the block lasts, with how long it has taken. ``stream``: stderr of now by default."""
    stream = sys.stderr if stream is None else stream
    line = Line(what=what, stream=stream, live=is_live(stream), quiet_s=quiet_s)
    over = threading.Event()
    ticking = threading.Thread(target=_tick, args=(line, over), daemon=True)
    ticking.start()
    try:
        yield line
    finally:
        over.set()
        ticking.join()
        line.end()


def is_live(stream: TextIO) -> bool:
    """Whether a line can be written over there: a terminal that knows how."""
    return stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def _tick(line: Line, over: threading.Event) -> None:
    wait_s = line.quiet_s
    while not over.wait(wait_s):
        line.tick()
        wait_s = LIVE_S
