"""What an alarm watches and when it is bad, as arguments of aws.cloudwatch.MetricAlarm; who is told is the caller's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws

from monitoring.alarms import Alarm
from monitoring.conditions import Formula, Metric
from monitoring.identifiers import Identifiers

_RESULT = "result"


def condition_arguments(alarm: Alarm, identifiers: pulumi.Output[Identifiers]) -> Mapping[str, Any]:
    """All but name, actions and tags: ``MetricAlarm(..., **condition_arguments(alarm, identifiers))``."""
    return {
        "alarm_description": alarm.description,
        "comparison_operator": alarm.comparison,
        "threshold": alarm.threshold,
        "evaluation_periods": alarm.evaluation_periods,
        "treat_missing_data": alarm.treat_missing_data,
        **_measured(alarm, identifiers),
    }


def _measured(alarm: Alarm, identifiers: pulumi.Output[Identifiers]) -> Mapping[str, Any]:
    metric = alarm.metric
    if isinstance(metric, Formula):
        return {"metric_queries": _queries(metric, period_s=alarm.period_s, identifiers=identifiers)}
    percentile = metric.statistic.startswith("p")
    return {
        "namespace": metric.namespace,
        "metric_name": metric.name,
        "statistic": None if percentile else metric.statistic,
        "extended_statistic": metric.statistic if percentile else None,
        "dimensions": _dimensions(metric, identifiers),
        "period": alarm.period_s,
    }


def _queries(
    formula: Formula, *, period_s: int, identifiers: pulumi.Output[Identifiers]
) -> Sequence[aws.cloudwatch.MetricAlarmMetricQueryArgs]:
    """One of them returns data: the alarm judges that one."""
    result = aws.cloudwatch.MetricAlarmMetricQueryArgs(
        id=_RESULT, expression=formula.expression, label=formula.unit, return_data=True
    )
    terms = [
        aws.cloudwatch.MetricAlarmMetricQueryArgs(
            id=name,
            metric=aws.cloudwatch.MetricAlarmMetricQueryMetricArgs(
                namespace=metric.namespace,
                metric_name=metric.name,
                dimensions=_dimensions(metric, identifiers),
                stat=metric.statistic,
                period=period_s,
            ),
        )
        for name, metric in formula.terms.items()
    ]
    return [result, *terms]


def _dimensions(metric: Metric, identifiers: pulumi.Output[Identifiers]) -> pulumi.Output[dict[str, str]]:
    return identifiers.apply(lambda known: dict(known.dimensions(metric.scope)))
