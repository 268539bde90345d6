"""The table with one stack's numbers filled in: what CloudWatch is told. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from monitoring.conditions import EventCondition, Facts, Metric, MetricCondition, Share
from monitoring.table import WATCHES, Watch

DESCRIPTION_MAX_LENGTH = 1024  # PutMetricAlarm


@dataclass(frozen=True, kw_only=True)
class Alarm:
    """Arguments of PutMetricAlarm but names and dimensions. ``threshold`` is in the metric's unit."""

    id: str
    description: str
    metric: Metric
    comparison: str
    threshold: float
    period_s: int
    evaluation_periods: int
    treat_missing_data: str


@dataclass(frozen=True, kw_only=True)
class EventRule:
    """An event of the stack's group that is passed on as a message; ``cause`` is a JSON path into it."""

    id: str
    description: str
    source: str
    detail_type: str
    cause: str | None


def metric_alarms(*, stack: str, facts: Facts, thresholds: Mapping[str, float]) -> tuple[Alarm, ...]:
    """One alarm per metric row, in the table's order; ``thresholds`` (alarm id -> value) go before the table's."""
    return tuple(
        _alarm(watch, watch.condition, stack=stack, facts=facts, thresholds=thresholds)
        for watch in WATCHES
        if isinstance(watch.condition, MetricCondition)
    )


def event_rules(*, stack: str) -> tuple[EventRule, ...]:
    """One rule per event row, in the table's order."""
    return tuple(
        EventRule(
            id=watch.id,
            description=_describe(watch, stack=stack),
            source=watch.condition.source,
            detail_type=watch.condition.detail_type,
            cause=watch.condition.cause,
        )
        for watch in WATCHES
        if isinstance(watch.condition, EventCondition)
    )


def threshold_ids() -> tuple[str, ...]:
    """The alarm ids that ``vllm:monitoring.thresholds`` may name."""
    return tuple(watch.id for watch in WATCHES if isinstance(watch.condition, MetricCondition))


def resolve(value: float | Share, facts: Facts) -> float:
    """A number of the table, or a share of one of the stack's facts."""
    return value.resolve(facts) if isinstance(value, Share) else float(value)


def _alarm(
    watch: Watch, condition: MetricCondition, *, stack: str, facts: Facts, thresholds: Mapping[str, float]
) -> Alarm:
    return Alarm(
        id=watch.id,
        description=_describe(watch, stack=stack),
        metric=condition.metric,
        comparison=condition.comparison,
        threshold=thresholds.get(watch.id, resolve(condition.threshold, facts)),
        period_s=condition.period_s,
        evaluation_periods=math.ceil(resolve(condition.lasts_s, facts) / condition.period_s),
        treat_missing_data=condition.missing,
    )


def _describe(watch: Watch, *, stack: str) -> str:
    text = f"[{stack}] {watch.severity}: {watch.why} First: {watch.first_action} See docs/runbook.md#{watch.id}"
    return text[:DESCRIPTION_MAX_LENGTH]
