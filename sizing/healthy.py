"""How many hosts serve and run while hosts are replaced: for the program, and for a refresh that a person starts."""

from __future__ import annotations

from dataclasses import dataclass

ALL = 100  # percent


@dataclass(frozen=True, kw_only=True)
class Healthy:
    """Of the desired number, in percent: the least that serve during a replacement, and the most that run.

    ``most`` None: an old host ends and its replacement starts at the same time. With a most of 100, Auto Scaling would
    launch first wherever the least leaves no whole host (API_RefreshPreferences).
    """

    least: int
    most: int | None


def healthy(*, launch_first: bool, most_replicas: int) -> Healthy:
    """One host at a time, which is there before the old one goes, or comes after it.

    One, because the cache pool has one slot per zone to spare. ``most_replicas``: that there can ever be; with fewer a
    percentage leaves no whole host, and Auto Scaling replaces one all the same.
    """
    if launch_first:
        return Healthy(least=ALL, most=ALL + ALL // most_replicas)
    return Healthy(least=ALL * (most_replicas - 1) // most_replicas, most=None)
