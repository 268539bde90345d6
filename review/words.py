"""Words and numbers that the Markdown and the page share."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from config.secret_shapes import hide
from review.model import Forces, Op, ResourceChange, Review, Risk, StackReview

SIGNS = {Op.CREATE: "+", Op.UPDATE: "~", Op.REPLACE: "±", Op.MAY_REPLACE: "±?", Op.DELETE: "-", Op.RENAME: "="}
DONE = {
    Op.CREATE: "created",
    Op.UPDATE: "changed",
    Op.REPLACE: "replaced",
    Op.MAY_REPLACE: "perhaps replaced",
    Op.DELETE: "deleted",
    Op.RENAME: "renamed",
}
FORCES = {Forces.NO: "", Forces.YES: "forces a replacement", Forces.MAYBE: "may force a replacement"}
_CODE = re.compile(r"`([^`\n]+)`")
_HIDING = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\U000e0000-\U000e007f]"
)
"""Characters that nobody sees, or that hide or reorder others; all but line break and tabulator."""


def clean(text: str) -> str:
    """Without what has the shape of a secret, and with characters written out that would deceive."""
    return _HIDING.sub(lambda found: f"\\u{ord(found[0]):04x}", hide(text))


def spans(text: str) -> tuple[tuple[bool, str], ...]:
    """The parts of a sentence; True for what stands between `backticks`."""
    return tuple((bool(index % 2), part) for index, part in enumerate(_CODE.split(text)) if part)


def title(review: Review) -> str:
    return "Nothing changes" if nothing_in(review) else f"Review: {risk_words(review.risk)}"


def nothing_in(review: Review) -> bool:
    return not any(changes_something(stack) or stack.problems for stack in review.stacks)


def changes_something(stack: StackReview) -> bool:
    return bool(stack.changes or stack.plan or stack.files or stack.new_violations or stack.gone_violations)


def is_told(stack: StackReview) -> bool:
    """Whether there is more to say of it than its line in the table."""
    return changes_something(stack) or bool(stack.problems or stack.notes or stack.consequences)


def risk_words(risk: Risk) -> str:
    return "no risk" if risk is Risk.NONE else f"{risk} risk"


def counts(changes: Iterable[ResourceChange]) -> str:
    """``1 replaced, 3 changed``, the gravest first."""
    found = Counter(change.op for change in changes)
    order = (Op.DELETE, Op.REPLACE, Op.MAY_REPLACE, Op.UPDATE, Op.CREATE, Op.RENAME)
    return ", ".join(f"{found[op]} {DONE[op]}" for op in order if found[op]) or "nothing"


def outcome(stack: StackReview) -> str:
    return "could not be computed" if stack.problems else counts(stack.changes)


def without_consequences(stack: StackReview) -> str:
    """What is said where there is none."""
    if not changes_something(stack):
        return "Nothing changes."
    return f"Resources: {counts(stack.changes)}. No consequence for hosts, requests, caches or data."


def money(usd: float | None) -> str:
    return "-" if usd is None else f"${usd:,.0f}"


def money_change(stack: StackReview) -> str:
    """``+$120 (+4%)``; of a stack that comes or goes, all of it."""
    before, after = stack.monthly_usd
    if before is None and after is None:
        return "-"
    difference = (after or 0.0) - (before or 0.0)
    if abs(difference) < 0.5:  # less than the dollar that is shown
        return "none"
    share = f" ({difference / before:+.0%})" if before and after is not None else ""
    return f"{'+' if difference > 0 else '-'}${abs(difference):,.0f}{share}"


def policy_words(violation: Mapping[str, Any]) -> tuple[str, str, str]:
    """Level, rule and sentence of a policy finding."""
    level = "waived" if violation.get("waived") else str(violation.get("level", ""))
    urn = str(violation.get("urn", ""))
    where = urn.rpartition("::")[2]
    message = str(violation.get("message", ""))
    return level, str(violation.get("rule", "")), f"{where}: {message}" if where else message


def plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
