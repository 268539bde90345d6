"""The forwarded paths as rules of a listener, which takes few of them at a time."""

from __future__ import annotations

from components.paths import FORWARDED_PATHS

PATHS_PER_RULE = 3
"""A listener rule takes at most 5 values over all its conditions; 3 leave room for a host and a method."""

FIRST_PRIORITY = 10
PRIORITY_STEP = 10


def path_rules() -> tuple[tuple[int, tuple[str, ...]], ...]:
    """The listener rules: priority and exact paths of each, in order."""
    groups = [
        tuple(FORWARDED_PATHS[start : start + PATHS_PER_RULE])
        for start in range(0, len(FORWARDED_PATHS), PATHS_PER_RULE)
    ]
    return tuple((FIRST_PRIORITY + PRIORITY_STEP * index, paths) for index, paths in enumerate(groups))
