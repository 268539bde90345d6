"""Whether clients are refused meanwhile: one sentence, yes or no."""

from __future__ import annotations

from collections.abc import Iterator

from review.consequences.facts import BALANCER, CONTAINER, GROUP, LISTENER, RULE, TARGETS, Facts, minutes, named
from review.consequences.roll import cold_start_s, rolls
from review.model import Consequence, Op, Risk


def consequences(facts: Facts) -> Iterator[Consequence]:
    reasons = list(_reasons(facts))
    if reasons:
        yield Consequence(id="downtime", risk=Risk.HIGH, text=f"Downtime: yes. {' '.join(reasons)}")
    elif facts.changes:
        yield Consequence(id="no-downtime", risk=Risk.NONE, text=f"Downtime: none. {_why_not(facts)}")


def _reasons(facts: Facts) -> Iterator[str]:
    boot = minutes(cold_start_s(facts.after.plan))
    balancers, targets, groups = facts.anew(BALANCER), facts.anew(TARGETS), facts.anew(GROUP)
    if balancers:
        yield f"The load balancer {named(balancers)} goes, and its address: clients must be led to the new one."
    if targets:
        yield f"The target group {named(targets)} goes: a new one has no host until hosts register with it."
    if groups:
        yield f"No host of the new group serves before about {boot}."
    if any(roll.hosts and not roll.serving for roll in rolls(facts)):
        yield f"The only host ends before the new one serves, after about {boot}."
    listeners = facts.of(LISTENER, ops=(Op.REPLACE,))
    if listeners:
        yield f"Replaced: the listener {named(listeners)}, whose port refuses connections for some seconds."
    gone = facts.of(LISTENER, ops=(Op.DELETE,))
    if gone and not balancers:
        ports = ", ".join(str(facts.then[change.urn]["inputs"].get("port", "?")) for change in gone)
        yield f"Nothing listens on port {ports} any more: clients that use it are refused."
    rules = facts.of(RULE, ops=(Op.REPLACE,))
    if rules and not (balancers or gone or listeners):
        yield "The rules that lead to the hosts are replaced: requests may meet none for some seconds (404)."
    stopped = facts.of(CONTAINER, ops=(Op.REPLACE,))
    if stopped and any(facts.now[change.urn].get("deleteBeforeReplace") for change in stopped):
        yield f"A container stops before the new one starts; a new vLLM serves after about {boot}."
    if any(each.name == "maxSize" and not each.after for _, each in facts.properties(GROUP, names=("maxSize",))):
        yield "No host is left."


def _why_not(facts: Facts) -> str:
    if any(roll.hosts for roll in rolls(facts)):
        return "A host leaves only when a new one serves, and ends what it has begun."
    if all(change.op in (Op.CREATE, Op.RENAME) for change in facts.changes):
        return "What is there stays as it is."
    return "No host is replaced, and the load balancer stays."
