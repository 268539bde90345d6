"""The table with one stack's numbers filled in: what CloudWatch is told. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from config.errors import ConfigError, Problem
from monitoring.conditions import EventCondition, Facts, Metric, MetricCondition, Share
from monitoring.table import WATCHES, Watch

_THRESHOLDS_PATH = "vllm:monitoring.thresholds"
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
    """An event of the stack's group that is passed on as a message."""

    id: str
    description: str
    source: str
    detail_type: str


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
        )
        for watch in WATCHES
        if isinstance(watch.condition, EventCondition)
    )


def threshold_ids() -> tuple[str, ...]:
    """The alarm ids that ``vllm:monitoring.thresholds`` may name."""
    return tuple(watch.id for watch in WATCHES if isinstance(watch.condition, MetricCondition))


def check_thresholds(thresholds: Mapping[str, float]) -> None:
    """ConfigError, with every one of them, when a threshold names no alarm."""
    problems = [_unknown_threshold(name, value) for name, value in thresholds.items() if name not in threshold_ids()]
    if problems:
        raise ConfigError(problems)


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


def _unknown_threshold(name: str, value: float) -> Problem:
    ids: Sequence[str] = threshold_ids()
    return Problem(
        path=f"{_THRESHOLDS_PATH}.{name}",
        given=str(value),
        allowed=f"one of {', '.join(ids)}",
        example=f"{ids[-1]}: 20",
        message="There is no alarm of this name.",
    )
