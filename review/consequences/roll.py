"""Which hosts are replaced, how, for how long, and what is left meanwhile."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from review.consequences.facts import CONTAINER, GROUP, TEMPLATE, Facts, count, minutes, named, span
from review.match import Resource
from review.model import Consequence, Op, ResourceChange, Risk
from review.plans import at

NO_NEW_VERSION = ("tags", "updateDefaultVersion", "defaultVersion", "disableApiTermination", "name")
"""Properties of a launch template that are not in its versions."""
VERSIONS = ("launchTemplate", "mixedInstancesPolicy")
WHOLE = 100


@dataclass(frozen=True, kw_only=True)
class Roll:
    """An instance refresh of one group. ``hosts``: as many as it has at least; percentages of them."""

    group: ResourceChange
    hosts: int
    min_healthy: int
    max_healthy: int

    @property
    def serving(self) -> int:
        """Hosts that serve at any time."""
        return math.ceil(self.hosts * self.min_healthy / WHOLE) if self.min_healthy < WHOLE else self.hosts

    @property
    def at_a_time(self) -> int:
        extra = math.floor(self.hosts * self.max_healthy / WHOLE) - self.hosts
        return max(1, extra + self.hosts - self.serving)

    @property
    def rounds(self) -> int:
        return math.ceil(self.hosts / self.at_a_time)


def rolls(facts: Facts) -> list[Roll]:
    """Groups whose hosts follow a new version of their template."""
    versions = {
        change.urn
        for change in facts.of(TEMPLATE)
        if change.op is not Op.UPDATE or any(each.name not in NO_NEW_VERSION for each in change.properties)
    }
    return [
        _roll(change, facts.now[change.urn])
        for change in facts.of(GROUP, ops=(Op.UPDATE, Op.MAY_REPLACE))
        if any(each.name in VERSIONS for each in change.properties)
        and (versions & _reads(facts.now[change.urn]) or not facts.of(TEMPLATE))
    ]


def consequences(facts: Facts) -> Iterator[Consequence]:
    for roll in rolls(facts):
        if roll.hosts:
            yield Consequence(id="hosts-roll", risk=_risk(roll), text=_text(roll, facts))
    for group in facts.of(GROUP, ops=(Op.REPLACE,)):
        yield Consequence(
            id="group-replaced",
            risk=Risk.HIGH,
            text=f"The Auto Scaling group {named([group])} is replaced, and all hosts with it: the old ones end while "
            f"the new ones boot, which takes about {minutes(cold_start_s(facts.after.plan))}.",
        )
    recreated = facts.of(CONTAINER, ops=(Op.REPLACE, Op.MAY_REPLACE))
    if recreated:
        yield Consequence(
            id="containers-replaced",
            risk=Risk.MEDIUM,
            text=f"{count(len(recreated), 'container')} on this machine stop{'s' * (len(recreated) == 1)} and start"
            f"{'s' * (len(recreated) == 1)} anew: {named(recreated)}.",
        )
    yield from _sizes(facts)


def cold_start_s(plan: Mapping[str, Any], *, without: Sequence[str] = ()) -> int:
    """From launch to the first completion; ``without``: phases that a filled cache slot spares."""
    phases: Mapping[str, int] = plan.get("cold_start_s") or {}
    return int(phases.get("total", 0)) - sum(int(phases.get(name, 0)) for name in without)


def _reads(group: Resource) -> set[str]:
    return {urn for name in VERSIONS for urn in (group.get("propertyDependencies") or {}).get(name, ())}


def _roll(change: ResourceChange, group: Resource) -> Roll:
    inputs = group["inputs"]
    wanted = {
        **(inputs.get("instanceMaintenancePolicy") or {}),
        **((inputs.get("instanceRefresh") or {}).get("preferences") or {}),
    }
    return Roll(
        group=change,
        hosts=int(inputs.get("minSize") or 0),
        min_healthy=int(wanted.get("minHealthyPercentage", 90)),  # of AWS, where nothing is said
        max_healthy=int(wanted.get("maxHealthyPercentage", WHOLE)),
    )


def _risk(roll: Roll) -> Risk:
    return Risk.MEDIUM if roll.serving else Risk.HIGH


def _text(roll: Roll, facts: Facts) -> str:
    plan = facts.after.plan
    spared = [name for name, other in (("download", facts.other_model), ("image", facts.other_image)) if not other]
    fast, slow = cold_start_s(plan, without=spared), cold_start_s(plan)
    fleet = {1: "The one host is", 2: "Both hosts are"}.get(roll.hosts, f"All {roll.hosts} hosts are")
    how = f"{fleet} replaced by an instance refresh, {roll.at_a_time if roll.at_a_time > 1 else 'one'} at a time."
    if not slow:
        return f"{how} {_capacity(roll, 'that time')}"
    warm_up = int(at(plan, "timers.instance_warmup_s") or 0)
    whole = span(roll.rounds * (fast + warm_up), roll.rounds * (slow + warm_up))
    time = (
        f"Each serves {span(fast, slow)} after its launch, the sooner the more of model and image its slot holds; "
        f"{whole} for all, and the time that the old hosts take to end what they have begun."
    )
    return f"{how} {time} {_capacity(roll, minutes(roll.rounds * (slow + warm_up)))}"


def _capacity(roll: Roll, time: str) -> str:
    if roll.serving == roll.hosts:
        return (
            "Each new host serves before an old one leaves: capacity is never reduced, and a host more is paid for "
            "meanwhile. A refresh that fails rolls back."
        )
    if roll.serving:
        return f"Capacity is reduced to {roll.serving} of {roll.hosts} hosts for up to {time}."
    return f"Nothing serves for up to {time}."


def _sizes(facts: Facts) -> Iterator[Consequence]:
    for change, each in facts.properties(GROUP, names=("minSize", "maxSize")):
        word = "At least" if each.name == "minSize" else "At most"
        number = int(each.after or 0)
        stops = each.name == "maxSize" and not number
        fewer = each.name == "minSize" and number < int(each.before or 0)
        yield Consequence(
            id="no-hosts" if stops else f"size-{each.name}",
            risk=Risk.HIGH if stops else Risk.MEDIUM if fewer else Risk.LOW,
            text=f"{word} {count(number, 'host')} run{'s' * (number == 1)} in `{change.name}` in place of {each.before}"
            + (": nothing serves." if stops else "."),
        )
