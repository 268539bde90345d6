"""The table with one stack's numbers filled in: what CloudWatch is told. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from monitoring.conditions import EventCondition, Measured, MetricCondition, Watch
from monitoring.facts import Facts
from monitoring.table import WATCHES, speaker_of
from monitoring.thresholds import periods, threshold_of

DESCRIPTION_MAX_LENGTH = 1024  # PutMetricAlarm, PutCompositeAlarm


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Arguments of PutMetricAlarm but names and dimensions. ``threshold`` is in the metric's unit.

    ``tells``: it sends messages itself; for one that does not, a composite alarm speaks.
    """

    id: str
    description: str
    metric: Measured
    comparison: str
    threshold: float
    period_s: int
    evaluation_periods: int
    treat_missing_data: str
    tells: bool


@dataclass(frozen=True, kw_only=True)
class EventRule:
    """An event of the stack's group that is passed on as a message; ``cause`` is a JSON path into it, and ``unless``
    are texts in it with which the event is no message."""

    id: str
    description: str
    source: str
    detail_type: str
    cause: str | None
    unless: tuple[str, ...] = ()


def watches_of(facts: Facts) -> tuple[Watch, ...]:
    """The rows that this stack has, in the table's order, as they are in it."""
    rows = (watch for watch in WATCHES if facts.has_certificate or not watch.needs_certificate)
    return tuple(watch.moved if facts.moving else watch for watch in rows)


def metric_alarms(*, stack: str, facts: Facts, thresholds: Mapping[str, float]) -> tuple[Alarm, ...]:
    """One alarm per metric row, in the table's order; ``thresholds`` (alarm id -> value) go before the table's."""
    return tuple(
        _alarm(watch, watch.condition, stack=stack, facts=facts, thresholds=thresholds)
        for watch in watches_of(facts)
        if isinstance(watch.condition, MetricCondition)
    )


def event_rules(*, stack: str) -> tuple[EventRule, ...]:
    """One rule per event row, in the table's order."""
    return tuple(
        EventRule(
            id=watch.id,
            description=describe(watch, stack=stack),
            source=watch.condition.source,
            detail_type=watch.condition.detail_type,
            cause=watch.condition.cause,
            unless=watch.condition.unless,
        )
        for watch in WATCHES
        if isinstance(watch.condition, EventCondition)
    )


def threshold_ids() -> tuple[str, ...]:
    """The alarm ids that ``vllm:monitoring.thresholds`` may name."""
    return tuple(watch.id for watch in WATCHES if isinstance(watch.condition, MetricCondition))


def describe(watch: Watch, *, stack: str) -> str:
    """The text of a message."""
    text = f"[{stack}] {watch.severity}: {watch.why} First: {watch.first_action} See docs/runbook.md#{watch.id}"
    return text[:DESCRIPTION_MAX_LENGTH]


def with_capacity_tried(text: str, *, types: Sequence[str], zones: Sequence[str]) -> str:
    """The text of a message with what machines were asked for, and where, before what is to be done."""
    tried = f"Tried: {', '.join(types)} in {', '.join(zones)}."
    why, first, rest = text.partition(" First: ")
    return f"{why} {tried}{first}{rest}"[:DESCRIPTION_MAX_LENGTH]


def _alarm(
    watch: Watch, condition: MetricCondition, *, stack: str, facts: Facts, thresholds: Mapping[str, float]
) -> Alarm:
    return Alarm(
        id=watch.id,
        description=describe(watch, stack=stack),
        metric=condition.metric,
        comparison=condition.comparison,
        threshold=threshold_of(watch, condition, facts=facts, given=thresholds),
        period_s=condition.period_s,
        evaluation_periods=periods(condition, facts),
        treat_missing_data=condition.missing,
        tells=speaker_of(watch) is None,
    )
