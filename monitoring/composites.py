"""One message per outage: which alarms speak for others, and which are held back meanwhile. Pure.

A composite alarm rings by the states of others ("Creating a composite alarm", CloudWatch user guide). While its
suppressor rings it changes its state and sends nothing; ``SUPPRESSOR_WAIT_S`` is how long it waits for a suppressor
that comes later than itself, and how long it stays silent after the suppressor has ended.
"""

from __future__ import annotations

from dataclasses import dataclass

from monitoring.alarms import describe, watches_of
from monitoring.conditions import AnyOf
from monitoring.facts import Facts

SUPPRESSOR_WAIT_S = 180
TOLD_SUFFIX = "-told"


@dataclass(frozen=True, kw_only=True)
class Composite:
    """Rings while one of ``any_of`` (alarm ids) rings; ``suppressor``: the id of the composite that holds it back."""

    id: str
    description: str
    any_of: tuple[str, ...]
    suppressor: str | None = None


def composite_alarms(*, stack: str, facts: Facts) -> tuple[Composite, ...]:
    """Those that speak for several first: the others name them as suppressors."""
    watches = watches_of(facts)
    speakers = [
        Composite(id=watch.id, description=describe(watch, stack=stack), any_of=watch.condition.ids)
        for watch in watches
        if isinstance(watch.condition, AnyOf)
    ]
    held = [
        Composite(
            id=watch.id + TOLD_SUFFIX,
            description=describe(watch, stack=stack),
            any_of=(watch.id,),
            suppressor=watch.consequence_of,
        )
        for watch in watches
        if watch.consequence_of is not None
    ]
    return (*speakers, *held)
