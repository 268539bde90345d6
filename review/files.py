"""Files on the hosts: unified diffs."""

from __future__ import annotations

import difflib
from collections.abc import Mapping

from review.model import FileChange

CONTEXT_LINES = 3


def file_changes(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[FileChange, ...]:
    """One for each path whose text differs, by path."""
    return tuple(
        FileChange(path=path, diff=_diff(path, before.get(path), after.get(path)))
        for path in sorted({*before, *after})
        if before.get(path) != after.get(path)
    )


def _diff(path: str, before: str | None, after: str | None) -> tuple[str, ...]:
    return tuple(
        difflib.unified_diff(
            (before or "").splitlines(),
            (after or "").splitlines(),
            fromfile="/dev/null" if before is None else path,
            tofile="/dev/null" if after is None else path,
            lineterm="",
            n=CONTEXT_LINES,
        )
    )
