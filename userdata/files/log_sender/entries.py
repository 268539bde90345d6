"""An entry of the journal as a line to send. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .redact import redact
from .streams import FIELDS, stream_of

MAX_LINE_BYTES = 65_536  # CloudWatch Logs takes more, but nobody reads it
CUT = " [cut]"
_COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


@dataclass(frozen=True, kw_only=True)
class Entry:
    """``stream`` empty: nothing of it is sent. ``cursor``: systemd's, to begin there again."""

    cursor: str
    at_ms: int
    stream: str = ""
    text: str = ""

    @property
    def size_bytes(self) -> int:
        return len(self.text.encode())


def entry_of(line: bytes, *, secrets: Sequence[str] = ()) -> Entry | None:
    """An entry as ``journalctl --output json --all`` prints it; None for what is none.

    Fields are text, or lists of bytes where they are not printable (colours), or lists of both.
    """
    try:
        raw = json.loads(line)
        cursor, at_ms = str(raw["__CURSOR"]), int(raw["__REALTIME_TIMESTAMP"]) // 1000
        text = _COLOUR.sub("", _text(raw.get("MESSAGE"))).rstrip()
    except (ValueError, KeyError, TypeError):
        return None
    found = stream_of({name: _text(raw.get(name)) for name in FIELDS if name != "MESSAGE"}, text) if text else None
    if found is None or not found[1]:
        return Entry(cursor=cursor, at_ms=at_ms)
    return Entry(cursor=cursor, at_ms=at_ms, stream=found[0], text=_cut(redact(found[1], secrets)))


def _text(value: Any) -> str:
    if isinstance(value, list):
        if all(isinstance(part, int) for part in value):
            return bytes(value).decode(errors="replace")
        return " ".join(_text(part) for part in value)
    return value if isinstance(value, str) else ""


def _cut(text: str) -> str:
    encoded = text.encode(errors="replace")
    if len(encoded) <= MAX_LINE_BYTES:
        return encoded.decode()
    return encoded[: MAX_LINE_BYTES - len(CUT)].decode(errors="ignore") + CUT


def same_entry(cursor: str, other: str) -> bool:
    """Whether two cursors are of one entry, also when journald has moved it to another file: boot, time and content."""
    mine, others = _parts(cursor), _parts(other)
    return all(name in mine and mine[name] == others.get(name) for name in "bmx")


def entries_between(cursor: str, other: str) -> int | None:
    """At most so many of all units; None when they were counted apart, or ``other`` does not follow."""
    mine, others = _parts(cursor), _parts(other)
    if mine.get("s") != others.get("s"):
        return None
    try:
        count = int(others["i"], 16) - int(mine["i"], 16) - 1
    except (KeyError, ValueError):
        return None
    return count if count >= 0 else None


def _parts(cursor: str) -> dict[str, str]:
    # s=<id of a counting>;i=<number>;b=<boot>;m=<monotonic>;t=<real time>;x=<hash>: sd_journal_get_cursor(3)
    return dict(part.split("=", 1) for part in cursor.split(";") if "=" in part)
