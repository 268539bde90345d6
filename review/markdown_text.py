"""Text of others within Markdown: what it says is shown and never acts."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable
from typing import Any

from review.shown import clipped
from review.words import clean, spans

_SPECIAL = re.compile(r"([\\`*_\[\]|~#])")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 .,:/=+-]")
JOINER = "\u2060"
"""Nothing to see; after an @ it keeps GitHub from telling somebody of that name."""


def prose(text: str, *, html: bool = False) -> str:
    """A sentence on one line; what stands in `backticks` is code. ``html``: for a place that is not Markdown."""
    line = " ".join(clean(text).split())
    if html:
        return _entities(line.replace("`", ""))
    return "".join(code(part, limit=len(part)) if is_code else _escaped(part) for is_code, part in spans(line))


def code(value: Any, *, limit: int = 80) -> str:
    """A value as code on one line: a span where that is safe, else HTML in which nothing has a meaning."""
    text = clipped(value, limit=limit)
    if text and not set(text) & set("`|\\") and text == text.strip():
        return f"`{text}`"
    return f"<code>{_NOT_PLAIN.sub(lambda found: f'&#{ord(found[0])};', text) or ' '}</code>"


def cell(text: str) -> str:
    """Of a table: on one line."""
    return text.replace("\n", " ")


def fence(lines: Iterable[str], *, language: str) -> list[str]:
    """A block of code that no line of it can end."""
    shown = [clean(line).replace("\n", " ") for line in lines]
    longest = max((len(run) for line in shown for run in re.findall(r"`+", line)), default=0)
    mark = "`" * max(3, longest + 1)
    return [f"{mark}{language}", *shown, mark]


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", _entities(text))


def _entities(text: str) -> str:
    return html.escape(text, quote=False).replace("@", f"@{JOINER}")
