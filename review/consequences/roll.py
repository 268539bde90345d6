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
TEMPLATE_OF_GROUP, POLICY = "launchTemplate", "mixedInstancesPolicy"
VERSIONS = (TEMPLATE_OF_GROUP, POLICY)
WHOLE = 100


@dataclass(frozen=True, kw_only=True)
class Roll:
    """An instance refresh of one group. ``hosts``: as many as it has at least, or the first of a group that may be
    empty; percentages of them. ``max_healthy``: None where nothing is said, and then a host ends before the next.

    ``warm_up_s`` and ``pause_s``: of each host, and once after the first; None where the plan says it.
    """

    group: ResourceChange
    hosts: int
    min_healthy: int
    max_healthy: int | None
    warm_up_s: int | None = None
    pause_s: int = 0
    alarms: tuple[str, ...] = ()
    may_be_empty: bool = False

    @property
    def serving(self) -> int:
        """Hosts that serve at any time."""
        if self.min_healthy >= WHOLE:
            return self.hosts
        least = math.ceil(self.hosts * self.min_healthy / WHOLE)
        return min(least, self.hosts - 1) if self.max_healthy is None else least

    @property
    def at_a_time(self) -> int:
        extra = math.floor(self.hosts * (self.max_healthy or WHOLE) / WHOLE) - self.hosts
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
        and (versions & _reads(facts.now[change.urn]) or not (facts.of(TEMPLATE) or _matches(facts, change)))
    ]


def overrides_of(group: Resource) -> tuple[str, ...]:
    """Types that a mixed-instances policy names, in its order; empty without one."""
    launch = (group["inputs"].get(POLICY) or {}).get("launchTemplate") or {}
    return tuple(str(each.get("instanceType")) for each in launch.get("overrides") or ())


def template_of(group: Resource) -> tuple[Any, Any]:
    """Id and version, of a launch template alone or in a policy."""
    inputs = group["inputs"]
    launch = (inputs.get(POLICY) or {}).get("launchTemplate") or {}
    found = inputs.get(TEMPLATE_OF_GROUP) or launch.get("launchTemplateSpecification") or {}
    return found.get("id") or found.get("launchTemplateId"), found.get("version")


def _matches(facts: Facts, change: ResourceChange) -> bool:
    """Whether hosts that run are as the group wants them, so that a refresh skips them: "it skips replacing instances
    that already use the specified launch template and instance types" (StartInstanceRefresh, 2026-11)."""
    before, after = facts.former(change), facts.now[change.urn]
    wishes = (after["inputs"].get("instanceRefresh") or {}).get("preferences") or {}
    if before is None or not wishes.get("skipMatching") or template_of(before) != template_of(after):
        return False
    former, named = overrides_of(before), overrides_of(after)
    return not named or set(former) <= set(named)


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
    least, most, above = int(inputs.get("minSize") or 0), int(inputs.get("maxSize") or 0), "maxHealthyPercentage"
    pauses = any(int(each) < WHOLE for each in wanted.get("checkpointPercentages") or ())
    return Roll(
        group=change,
        hosts=least or min(most, 1),
        min_healthy=int(wanted.get("minHealthyPercentage", 90)),  # of AWS, where nothing is said
        max_healthy=int(wanted[above]) if wanted.get(above) is not None else None,
        warm_up_s=int(wanted["instanceWarmup"]) if wanted.get("instanceWarmup") else None,
        pause_s=int(wanted.get("checkpointDelay") or 0) if pauses else 0,
        alarms=tuple((wanted.get("alarmSpecification") or {}).get("alarms") or ()),
        may_be_empty=not least,
    )


def _risk(roll: Roll) -> Risk:
    return Risk.MEDIUM if roll.serving else Risk.HIGH


def _text(roll: Roll, facts: Facts) -> str:
    plan = facts.after.plan
    spared = [name for name, other in (("download", facts.other_model), ("image", facts.other_image)) if not other]
    fast, slow = cold_start_s(plan, without=spared), cold_start_s(plan)
    fleet = {1: "The one host is", 2: "Both hosts are"}.get(roll.hosts, f"All {roll.hosts} hosts are")
    if roll.may_be_empty:
        fleet = "Hosts that run then are"
    how = f"{fleet} replaced by an instance refresh, {roll.at_a_time if roll.at_a_time > 1 else 'one'} at a time."
    if not slow:
        return f"{how} {_capacity(roll, 'that time')}"
    warm_up = roll.warm_up_s if roll.warm_up_s is not None else int(at(plan, "timers.instance_warmup_s") or 0)
    shortest, longest = (roll.pause_s + roll.rounds * (boot + warm_up) for boot in (fast, slow))
    whole = span(shortest, longest)
    time = (
        f"Each serves {span(fast, slow)} after its launch, the sooner the more of model and image its slot holds; "
        f"{whole} for all, and the time that the old hosts take to end what they have begun."
    )
    return f"{how} {time} {_capacity(roll, minutes(longest))}"


def _capacity(roll: Roll, time: str) -> str:
    if roll.serving == roll.hosts:
        return (
            "Each new host serves before an old one leaves: capacity is never reduced, and a host more is paid for "
            f"meanwhile. A refresh that fails {'or that an alarm calls back ' if roll.alarms else ''}rolls back."
        )
    if roll.serving:
        return f"Capacity is reduced to {roll.serving} of {roll.hosts} hosts for up to {time}."
    return f"Nothing serves for up to {time}."


def _sizes(facts: Facts) -> Iterator[Consequence]:
    for change, each in facts.properties(GROUP, names=("minSize", "maxSize")):
        word = "At least" if each.name == "minSize" else "At most"
        number = int(each.after or 0)
        stops = each.name == "maxSize" and not number
        if each.name == "minSize" and not number and facts.now[change.urn]["inputs"].get("maxSize"):
            continue  # of which scaling tells
        fewer = each.name == "minSize" and number < int(each.before or 0)
        yield Consequence(
            id="no-hosts" if stops else f"size-{each.name}",
            risk=Risk.HIGH if stops else Risk.MEDIUM if fewer else Risk.LOW,
            text=f"{word} {count(number, 'host')} run{'s' * (number == 1)} in `{change.name}` in place of {each.before}"
            + (": nothing serves." if stops else "."),
        )
