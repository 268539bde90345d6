"""Keys and values that are decided but do not work yet. They are refused with a word on what works today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from config.errors import Problem
from config.tree import Path, dotted, get, without
from config.wording import show


@dataclass(frozen=True, kw_only=True)
class Pending:
    """``value`` None: the key does not work with any value. ``today``: what does."""

    path: Path
    value: object = None
    allowed: str = "leave the key out"
    example: str
    today: str


PENDING: tuple[Pending, ...] = ()


def refuse(sections: Mapping[str, object]) -> tuple[dict[str, object], list[Problem]]:
    """Take out what does not work yet, with a Problem for each."""
    result: object = dict(sections)
    problems = []
    for pending in PENDING:
        given = get(sections, pending.path)
        # The engine fills a section that the stack file leaves out with {}.
        if given not in (None, {}) and pending.value in (None, given) and given is not False:
            problems.append(_problem(pending, given))
            result = without(result, pending.path)
    return dict(result) if isinstance(result, dict) else {}, problems


def _problem(pending: Pending, given: object) -> Problem:
    what = f"{pending.path[-1]}: {pending.value}" if pending.value is not None else str(pending.path[-1])
    return Problem(
        path=dotted(pending.path),
        given=show(given, pending.path),
        allowed=pending.allowed,
        example=pending.example,
        message=f"{what} does not work yet. Today: {pending.today}",
    )
