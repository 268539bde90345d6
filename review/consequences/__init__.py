"""What a change means for people: hosts, requests, caches, data, keys, alarms, money."""

from __future__ import annotations

from collections.abc import Sequence

from review.model import Consequence, PlanChange, ResourceChange, Revision


def consequences_of(
    before: Revision | None,
    after: Revision | None,
    *,
    changes: Sequence[ResourceChange],
    plan: Sequence[PlanChange],
) -> tuple[Consequence, ...]:
    """The riskiest first."""
    return ()
