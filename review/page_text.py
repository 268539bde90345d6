"""Text of others within HTML: every piece goes through here."""

from __future__ import annotations

import html
from collections.abc import Iterable
from typing import Any

from review.model import Risk
from review.shown import line_of
from review.words import clean, risk_words, spans

LOOKS = {"+": "added", "-": "gone", "@": "place"}
HEAD = ("--- ", "+++ ")


def escape(text: str) -> str:
    return html.escape(" ".join(clean(text).split()))


def sentence(text: str) -> str:
    """What stands between `backticks` becomes code."""
    line = " ".join(clean(text).split())
    return "".join(code(part) if is_code else html.escape(part) for is_code, part in spans(line))


def code(value: Any, *, look: str = "") -> str:
    kind = f' class="{look}"' if look else ""
    return f"<code{kind}>{html.escape(line_of(value))}</code>"


def badge(risk: Risk, *, short: bool = False) -> str:
    return f'<span class="badge {risk}">{risk if short else risk_words(risk)}</span>'


def diff(lines: Iterable[str]) -> str:
    """Lines of a unified diff, coloured; each is a block of its own. Can be scrolled with the keyboard."""
    shown = "".join(_diff_line(clean(line).replace("\n", " "), head=at < 2) for at, line in enumerate(lines))
    return f'<pre class="diff" tabindex="0">{shown}</pre>'


def _diff_line(line: str, *, head: bool) -> str:
    """``head``: where the names of the files stand."""
    look = "place" if head and line.startswith(HEAD) else LOOKS.get(line[:1])
    kind = f' class="{look}"' if look else ""
    return f"<span{kind}>{html.escape(line) or ' '}</span>"
