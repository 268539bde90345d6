"""Findings as the page shows them: what to act on first, what is floating last."""

from __future__ import annotations

import textwrap

from sizing.plan import Finding
from sizing.text import WIDTH


def findings(found: tuple[Finding, ...]) -> list[str]:
    """In groups, each in the plan's order; every line starts with the finding's id."""
    lines: list[str] = []
    for title, group in _groups(found):
        if group:
            lines += [f"  {title}", *(line for finding in group for line in _wrapped(finding))]
    return lines or ["  none"]


def _groups(found: tuple[Finding, ...]) -> tuple[tuple[str, list[Finding]], ...]:
    urgent = [finding for finding in found if finding.level != "INFO"]
    notes = [finding for finding in found if finding.level == "INFO"]
    floating = [finding for finding in notes if finding.id.startswith("unpinned-")]
    own = [finding for finding in notes if finding.id.startswith("own-")]
    chances = [finding for finding in notes if finding.id.startswith("fp8-")]
    rest = [finding for finding in notes if finding not in (*floating, *own, *chances)]
    return (
        (f"{len(urgent)} warning{'s' if len(urgent) > 1 else ''}", urgent),
        ("what your own values do", own),
        ("what would be cheaper or larger", chances),
        ("good to know", rest),
        ("not pinned: may differ tomorrow", floating),
    )


def _wrapped(finding: Finding) -> list[str]:
    return textwrap.wrap(
        f"{finding.id}: {finding.message}",
        WIDTH,
        initial_indent="    ",
        subsequent_indent="      ",
        break_long_words=False,  # an ARN is copied whole
        break_on_hyphens=False,
    )
