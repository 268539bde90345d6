"""A stack that comes or goes."""

from __future__ import annotations

from collections.abc import Iterator

from review.consequences.facts import STACK, count, minutes
from review.consequences.roll import cold_start_s
from review.model import Consequence, Revision, Risk
from review.plans import at


def of_new(after: Revision) -> Iterator[Consequence]:
    number = sum(resource["type"] != STACK for resource in after.graph)
    cost, boot = at(after.plan, "cost.monthly_usd"), cold_start_s(after.plan)
    first = f" The first host serves about {minutes(boot)} after its launch." if boot else ""
    price = f" It costs about {cost:,.0f} USD a month." if cost else ""
    yield Consequence(id="stack-new", risk=Risk.LOW, text=f"A new stack of {count(number, 'resource')}.{price}{first}")


def of_gone(before: Revision) -> Iterator[Consequence]:
    protected = [resource for resource in before.graph if resource["protect"]]
    held = f" {count(len(protected), 'protected resource')} would stay." if protected else ""
    yield Consequence(
        id="stack-gone",
        risk=Risk.HIGH,
        text="The stack file goes; what is deployed stays, and costs, until somebody runs `pulumi destroy "
        f"--exclude-protected` with the former revision.{held}",
    )
