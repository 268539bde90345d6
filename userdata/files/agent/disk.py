"""Disks that fill up. Pure."""

from __future__ import annotations

FULL_PERCENT = 90
RELIEVED_PERCENT = 85  # between the two nothing is said again


def newly_full(used_percent: dict[str, int], *, known: frozenset[str]) -> tuple[list[str], frozenset[str]]:
    """Sentences on the folders that became full, and all that are full now."""
    full = {
        path for path, used in used_percent.items() if used >= (RELIEVED_PERCENT if path in known else FULL_PERCENT)
    }
    return [f"{path} is {used_percent[path]} % full" for path in sorted(full - known)], frozenset(full)
