"""Values of properties as people read them: short ones on a line, long ones as what differs between them."""

from __future__ import annotations

import difflib
import json
from typing import Any

from review.values import decoded
from review.words import clean, plural

NOT_THERE = "(none)"
SHORT = 100
"""Characters that are shown on one line."""
COMPARABLE_LINES = 6000
CONTEXT_LINES = 2


def line_of(value: Any) -> str:
    """On one line, whole; a text as it is, everything else as JSON."""
    return " ".join(clean(_text(value)).split()) if value is not None else NOT_THERE


def clipped(value: Any, *, limit: int = SHORT) -> str:
    """On one line, at most so many characters of it."""
    line = line_of(value)
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def is_long(*values: Any) -> bool:
    return any((isinstance(value, str) and "\n" in value.strip()) or len(line_of(value)) > SHORT for value in values)


def lines_of(value: Any) -> tuple[str, ...]:
    """Over several lines, JSON within texts laid out as well."""
    if value is None:
        return ()
    return tuple(clean(_laid_out(value)).splitlines())


def difference(before: Any, after: Any) -> tuple[str, ...]:
    """Lines of a unified diff without its head; a word where that would take long or shows nothing."""
    old, new = lines_of(before), lines_of(after)
    if max(len(old), len(new)) > COMPARABLE_LINES:
        return (f"{plural(len(old), 'line')} before, {plural(len(new), 'line')} after",)
    return tuple(difflib.unified_diff(old, new, n=CONTEXT_LINES, lineterm=""))[2:] or tuple(f" {line}" for line in new)


def _text(value: Any) -> str:
    return decoded(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _laid_out(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value, indent=2, ensure_ascii=False, default=str)
    text = decoded(value)
    if text[:1] not in ("{", "["):
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
