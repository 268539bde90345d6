"""Where an alarm rings, as a line across the panel that shows its metric. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from monitoring.alarms import Alarm
from monitoring.conditions import NAMESPACE, Formula, Metric
from monitoring.lines import Aws, Hosts, Line, View

STATISTICS: Mapping[View, str] = {
    "total": "Sum",
    "per_second": "Sum",
    "per_minute": "Sum",
    "worst": "Maximum",
    "least": "Minimum",
    "mean": "Average",
    "p50": "p50",
    "p95": "p95",
    "p99": "p99",
}
"""Of CloudWatch, behind each view. What every host puts once a minute adds up to what all hosts have."""
ADD_UP = ("Sum", "SampleCount")
"""Statistics that are higher the longer the period is."""
_SHOWN_SECONDS: Mapping[View, int] = {"per_second": 1}


@dataclass(frozen=True, kw_only=True)
class Limit:
    """``value`` as the line shows it: per minute or second where the alarm has it per period."""

    alarm: str
    value: float


def metric_of(line: Hosts | Aws) -> Metric:
    """The metric as CloudWatch is asked for it."""
    if isinstance(line, Aws):
        return line.metric
    statistic = STATISTICS[line.view]
    return Metric(namespace=NAMESPACE, name=line.metric.name, statistic=statistic, scope="stack", unit=line.metric.unit)


def limits(lines: Iterable[Line], alarms: Sequence[Alarm]) -> tuple[Limit, ...]:
    """Of the alarms on what these lines show, each once; none at 0, which is the axis."""
    found = {limit.alarm: limit for line in lines for limit in _limits_of(line, alarms) if limit.value}
    return tuple(found.values())


def _limits_of(line: Line, alarms: Sequence[Alarm]) -> Iterator[Limit]:
    if not isinstance(line, Hosts | Aws):
        return
    shown = metric_of(line)
    for alarm in alarms:
        watched = alarm.metric
        if isinstance(watched, Formula):
            continue
        if (watched.namespace, watched.name, watched.statistic) != (shown.namespace, shown.name, shown.statistic):
            continue
        per_period = shown.statistic in ADD_UP
        seconds = _SHOWN_SECONDS.get(line.view, 60) if isinstance(line, Hosts) else 60
        yield Limit(alarm=alarm.id, value=alarm.threshold * seconds / alarm.period_s if per_period else alarm.threshold)
