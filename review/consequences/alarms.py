"""What is watched from now on, and who hears of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from review.consequences.facts import ALARMS, Facts, count, named
from review.model import Consequence, Op, ResourceChange, Risk

LIMITS = ("threshold", "evaluationPeriods", "datapointsToAlarm", "period", "comparisonOperator", "treatMissingData")
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
SCALING = "vllm:components:Scaling"
ACTIONS = ("actionsEnabled", "alarmActions")
WORDS = {
    "threshold": "limit",
    "evaluationPeriods": "periods looked at",
    "datapointsToAlarm": "periods beyond the limit",
    "period": "seconds of a period",
    "comparisonOperator": "comparison",
    "treatMissingData": "missing data counts as",
}


def consequences(facts: Facts) -> Iterator[Consequence]:
    added, gone = _for_people(facts.of(*ALARMS, ops=(Op.CREATE,))), _for_people(facts.of(*ALARMS, ops=(Op.DELETE,)))
    if added:
        yield Consequence(id="alarms-added", risk=Risk.LOW, text=f"{count(len(added), 'alarm')} more: {named(added)}.")
    if gone:
        yield Consequence(
            id="alarms-gone",
            risk=Risk.MEDIUM,
            text=f"{count(len(gone), 'alarm')} fewer, and nobody hears of what they watched: {named(gone)}.",
        )
    for change, each in facts.properties(*ALARMS, names=LIMITS):
        yield Consequence(
            id="alarm-changed",
            risk=Risk.LOW,
            text=f"The alarm `{change.name}`: {WORDS[each.name]} {each.after} in place of {each.before}.",
        )
    silent = {change.name: change for change, _ in facts.properties(*ALARMS, names=ACTIONS)}
    if silent:
        yield Consequence(
            id="alarm-actions", risk=Risk.MEDIUM, text=f"Others hear of {named(list(silent.values()))} from now on."
        )
    yield from _subscriptions(facts)


def _for_people(changes: Sequence[ResourceChange]) -> list[ResourceChange]:
    """Without those that only set off scaling policies: of them scaling tells."""
    return [change for change in changes if SCALING not in (change.parent or "")]


def _subscriptions(facts: Facts) -> Iterator[Consequence]:
    new = [facts.now[change.urn]["inputs"] for change in facts.of(SUBSCRIPTION, ops=(Op.CREATE, Op.REPLACE))]
    addresses = sorted(str(inputs.get("endpoint")) for inputs in new)
    if addresses:
        yield Consequence(
            id="to-be-confirmed",
            risk=Risk.MEDIUM,
            text=f"AWS asks {', '.join(addresses)} to confirm, and tells them of no alarm before that.",
        )
    gone = [facts.then[change.urn]["inputs"] for change in facts.of(SUBSCRIPTION, ops=(Op.DELETE,))]
    if gone:
        former = ", ".join(sorted(str(inputs.get("endpoint")) for inputs in gone))
        yield Consequence(id="no-longer-told", risk=Risk.MEDIUM, text=f"No alarm is told to {former} any more.")
