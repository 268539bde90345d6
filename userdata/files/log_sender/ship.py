"""Takes lines from the journal and has them in the log group, with a cursor that says how far it has come."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from ..aws_call.errors import CallError
from .batches import batches, by_stream
from .entries import Entry, entries_between, entry_of, same_entry
from .follow import Follow
from .group import Group
from .redact import KnownSecrets

SEND_EVERY_S = 5.0
FULL_BYTES = 512 * 1024  # of text that is held; what more there is waits in the journal
FULL_ENTRIES = 5000
READ_S = 1.0
LAST_READ_S = 3.0  # at a stop: journald has the last lines of those that ended before, journalctl perhaps not yet
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
TROUBLE_S = 60.0


def say(text: str) -> None:
    """To the own journal, from where it is sent as any other line."""
    sys.stderr.write(f"vllm: logs: {text}\n")
    sys.stderr.flush()


@dataclass(kw_only=True)
class Sender:
    """``clock`` counts forward only; ``pause`` waits, but not once a stop is asked for."""

    follow: Follow
    group: Group
    secrets: KnownSecrets
    cursor_file: Path
    clock: Callable[[], float]
    pause: Callable[[float], object]
    stopping: Callable[[], bool]
    _cursor: str = ""
    _held: list[Entry] = field(default_factory=list)
    _held_bytes: int = 0
    _due_s: float = 0
    _after: str = ""
    """The entry that was the last one when the journal was opened: it comes again first, or is gone."""

    def run(self) -> None:
        """Until a stop; then what the journal has is sent, as far as one attempt goes."""
        self.start()
        while not self.stopping():
            self.step(READ_S)
        while not self._is_full() and self.follow.is_open and self.step(LAST_READ_S):
            pass
        self._send_all()
        self.follow.close()

    def start(self) -> None:
        """Opens the journal where the last process has left it."""
        self._cursor = self._stored_cursor()
        self._open()

    def step(self, timeout_s: float) -> int:
        """Reads once, sends what is due; returns how many entries came."""
        if not self.follow.is_open:
            self._reopen()
        lines = self.follow.read(timeout_s)
        if lines:
            self.secrets.refresh()
        entries = [entry for line in lines if (entry := entry_of(line, secrets=self.secrets.values))]
        for entry in entries:
            self._hold(entry)
        if self._is_full() or self._is_due():
            self._send_all()
        return len(entries)

    def _hold(self, entry: Entry) -> None:
        if self._after:
            after, self._after = self._after, ""
            if same_entry(after, entry.cursor):
                return
            self._tell_of_gap(after, entry.cursor)
        if not self._held:
            self._due_s = self.clock() + SEND_EVERY_S
        self._held.append(entry)
        self._held_bytes += entry.size_bytes

    def _is_full(self) -> bool:
        return self._held_bytes >= FULL_BYTES or len(self._held) >= FULL_ENTRIES

    def _is_due(self) -> bool:
        return bool(self._held) and self.clock() >= self._due_s

    def _send_all(self) -> None:
        """Returns when all that is held has been taken or refused, or at a stop."""
        started_s = self.clock()
        for stream, entries in by_stream(self._held).items():
            for batch in batches(entries):
                if not self._send(stream, batch):
                    return  # at a stop: the cursor stays, the next start sends it all again
        if self._held:
            self._store_cursor(self._held[-1].cursor)
        self._held, self._held_bytes = [], 0
        if self.clock() - started_s > TROUBLE_S and not self.stopping():
            # Meanwhile journald may have removed what a blocked journalctl has not seen.
            self._open()

    def _send(self, stream: str, batch: list[Entry]) -> bool:
        pause_s, told = SHORTEST_PAUSE_S, False
        while True:
            try:
                lost = self.group.put(stream, batch)
            except CallError as error:
                if not told:
                    say(f"the log group does not take the lines of {stream}; they wait in the journal: {error}")
                told = True
            else:
                if lost:
                    say(f"lines of {stream} that were dropped: {lost}; CloudWatch Logs refuses them, too old or wrong")
                if told:
                    say(f"the log group takes the lines of {stream} again")
                return True
            if self.stopping():
                return False
            self.pause(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _open(self) -> None:
        self._after = self._cursor
        self.follow.open(self._cursor)

    def _reopen(self) -> None:
        # What is held is not lost, but comes again from the journal.
        if self._after and not self._held:
            say("the journal cannot be read from where it was left: this boot is sent from its beginning")
            self._cursor = ""
        self._held, self._held_bytes = [], 0
        self.pause(SHORTEST_PAUSE_S)
        self._open()

    def _tell_of_gap(self, before: str, first: str) -> None:
        count = entries_between(before, first)
        number = "an unknown number" if count is None else f"at most {count}"
        say(f"lines that were dropped: {number}; the journal no longer has them")

    def _stored_cursor(self) -> str:
        try:
            return self.cursor_file.read_text(encoding="utf-8").strip()
        except OSError:
            return ""

    def _store_cursor(self, cursor: str) -> None:
        self._cursor = cursor
        partial = self.cursor_file.with_suffix(".partial")
        try:
            partial.write_text(cursor, encoding="utf-8")
            partial.replace(self.cursor_file)
        except OSError as error:
            say(f"the place in the journal could not be kept: {error}")
