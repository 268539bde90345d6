"""What a change means for people: hosts, requests, caches, data, keys, alarms, money. One file for each of these."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from review.consequences import (
    alarms,
    cache,
    capacity,
    data,
    downtime,
    endpoint,
    engine,
    exposure,
    iam,
    keys,
    money,
    roll,
    scaling,
    serving,
    whole,
)
from review.consequences.facts import Facts
from review.model import Consequence, Op, ResourceChange, Revision, Risk

TOLD: tuple[Callable[[Facts], Iterator[Consequence]], ...] = (
    engine.consequences,
    downtime.consequences,
    roll.consequences,
    capacity.consequences,
    scaling.consequences,
    cache.consequences,
    endpoint.consequences,
    serving.consequences,
    exposure.consequences,
    keys.consequences,
    data.consequences,
    iam.consequences,
    alarms.consequences,
    money.consequences,
    engine.replaced_for,
)
"""In the order in which they are told where the risk is the same."""


def consequences_of(
    before: Revision | None, after: Revision | None, *, changes: Sequence[ResourceChange]
) -> tuple[Consequence, ...]:
    """The riskiest first. None where the revision does not have the stack."""
    if before is None or after is None:
        found = list(whole.of_new(after)) if after else list(whole.of_gone(before)) if before else []
    else:
        facts = Facts(before=before, after=after, changes=changes)
        found = [each for told in TOLD for each in told(facts)]
    if changes and not any(each.risk is not Risk.NONE for each in found):
        text = (
            "New resources only." if all(each.op is Op.CREATE for each in changes) else "Everything changes in place."
        )
        found.append(Consequence(id="in-place", risk=Risk.LOW, text=text))
    order = list(Risk)
    return tuple(sorted(found, key=lambda each: -order.index(each.risk)))
