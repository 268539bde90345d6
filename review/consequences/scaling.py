"""How many hosts run from now on, and when that changes by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from review.consequences.facts import GROUP, Facts, count, minutes, named_texts, span
from review.model import Consequence, Op, Risk
from review.plans import at

SCHEDULE = "aws:autoscaling/schedule:Schedule"
SIGNALS = {"in_flight": "requests against those planned", "kv_cache": "used part of the KV cache"}
IN_PLACE = "Nothing is replaced for it."


def consequences(facts: Facts) -> Iterator[Consequence]:
    yield from _follows(facts)
    yield from _target(facts)
    yield from _empty(facts)
    yield from _schedules(facts)


def _scaling(plan: Mapping[str, Any]) -> Mapping[str, Any]:
    return plan.get("scaling") or {}


def _follows(facts: Facts) -> Iterator[Consequence]:
    old, new = (bool(_scaling(each.plan).get("follows_load")) for each in (facts.before, facts.after))
    low, high = at(facts.after.plan, "replicas.min"), at(facts.after.plan, "replicas.max")
    if new and not old:
        yield Consequence(
            id="follows-load",
            risk=Risk.LOW,
            text=f"The number of hosts follows the load from now on, between {low} and {high}: one more takes a boot "
            "to serve, one fewer ends what it has begun.",
        )
    elif old and not new:
        yield Consequence(
            id="follows-load-no-more",
            risk=Risk.MEDIUM,
            text="The number of hosts no longer follows the load: requests wait beyond what "
            f"{count(int(low or 0), 'host')} can take.",
        )


def _target(facts: Facts) -> Iterator[Consequence]:
    old, new = _scaling(facts.before.plan), _scaling(facts.after.plan)
    if not (old.get("follows_load") and new.get("follows_load")):
        return
    before, after = ((each.get("signal"), each.get("target")) for each in (old, new))
    if before == after:
        return
    higher = before[0] == after[0] and float(after[1] or 0) > float(before[1] or 0)
    what = f" ({SIGNALS.get(str(after[0]), after[0])})" if before[0] != after[0] else ""
    effect = "fewer hosts for the same load, and longer waits at a peak" if higher else "more hosts for the same load"
    yield Consequence(
        id="scaling-target",
        risk=Risk.MEDIUM if higher else Risk.LOW,
        text=f"Each host is held at a load of {after[1]:g}{what} in place of {before[1]:g}"
        + (f": {effect}. " if before[0] == after[0] else ". ")
        + IN_PLACE,
    )


def _empty(facts: Facts) -> Iterator[Consequence]:
    old, new = _scaling(facts.before.plan).get("idle_s"), _scaling(facts.after.plan).get("idle_s")
    if new and not old:
        answer = _scaling(facts.after.plan).get("first_answer_s") or {}
        wait = f" about {span(answer['low'], answer['high'])} later" if answer else " after a boot"
        yield Consequence(
            id="may-be-empty",
            risk=Risk.HIGH,
            text=f"After {minutes(new)} without a request no host runs. The request after that is refused with 503 and "
            f"starts one, and so are all until it serves,{wait}: clients must try again.",
        )
    elif old and not new:
        yield Consequence(id="never-empty", risk=Risk.LOW, text="A host runs always: no request has to start one.")
    elif old and new and old != new:
        yield Consequence(
            id="idle-time",
            risk=Risk.LOW,
            text=f"The last host ends after {minutes(new)} without a request, in place of {minutes(old)}.",
        )


def _schedules(facts: Facts) -> Iterator[Consequence]:
    changed = facts.of(SCHEDULE, ops=(Op.UPDATE, Op.CREATE, Op.REPLACE, Op.MAY_REPLACE))
    for change in changed:
        yield Consequence(id="schedule", risk=Risk.LOW, text=_at(change.name, facts.now[change.urn]["inputs"]))
    gone = sorted(change.name for change in facts.of(SCHEDULE, ops=(Op.DELETE,)))
    if gone:
        yield Consequence(
            id="schedule-gone",
            risk=Risk.MEDIUM,
            text=f"No longer scheduled: {named_texts(gone)}. Bounds that one of them has set last stay until something "
            "sets others: look at `ops status` after it.",
        )
    if changed and facts.of(GROUP, ops=(Op.CREATE, Op.REPLACE)) == []:
        yield Consequence(
            id="schedule-begins",
            risk=Risk.LOW,
            text="A schedule acts when its time comes next; one that would be in force now begins next time.",
        )


def _at(name: str, inputs: Mapping[str, Any]) -> str:
    zone, low, high = inputs.get("timeZone") or "UTC", inputs.get("minSize"), inputs.get("maxSize")
    return f"At `{inputs.get('recurrence')}` ({zone}) the bounds become {low} to {high} hosts: `{name}`."
