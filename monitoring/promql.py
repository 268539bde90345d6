"""What Prometheus measures for a condition, with the stack's hosts selected. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping

from monitoring.conditions import AwsOnly, Comparison, Formula, MetricCondition, Twin, Watch

QUANTILES: Mapping[str, str] = {"p50": "0.5", "p95": "0.95", "p99": "0.99"}
_ACROSS_HOSTS: Mapping[str, str] = {"Maximum": "max", "Minimum": "min", "Sum": "sum", "Average": "avg"}
OPERATORS: Mapping[Comparison, str] = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}


def job_name(stack: str) -> str:
    """Of the scraping job that has the stack's hosts, and them alone: rules select by it."""
    return f"vllm-{stack}"


def measure_of(watch: Watch, *, job: str) -> str | None:
    """What is compared with the threshold; None where Prometheus cannot know.

    A gauge as it was last scraped, since CloudWatch gets one value a minute too; a counter as what it grew by in a
    period, a histogram as the percentile of a period, as in CloudWatch. LookupError for a row that has neither a
    metric of the hosts nor another measure.
    """
    if isinstance(watch.prometheus, Twin):
        return with_job(watch.prometheus.measure, job=job)
    if isinstance(watch.prometheus, AwsOnly) or not isinstance(watch.condition, MetricCondition):
        return None
    return _derived(watch.id, watch.condition, job=job)


def with_job(promql: str, *, job: str) -> str:
    """``{job}`` and ``{job,label="..."}`` with the name of the job filled in."""
    return re.sub(r"\{job(?=[},])", f'{{job="{job}"', promql)


def duration(seconds: int) -> str:
    """As Prometheus writes it: the largest unit that divides it."""
    for unit, length in (("h", 3600), ("m", 60)):
        if seconds and seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"


def number(value: float) -> str:
    return format(value, ".12g")


def _derived(alarm_id: str, condition: MetricCondition, *, job: str) -> str:
    metric = condition.metric
    if isinstance(metric, Formula):
        raise LookupError(f"{alarm_id}: say what Prometheus measures for {metric.expression}, or why it cannot")
    if metric.published is None or (metric.statistic not in _ACROSS_HOSTS and metric.statistic not in QUANTILES):
        raise LookupError(f"{alarm_id}: say what Prometheus measures for {metric.name}, or why it cannot")
    series, period = metric.published.series, duration(condition.period_s)
    labels = ",".join(["{job", *(f'{name}="{value}"' for name, value in sorted(series.labels.items()))]) + "}"
    if series.kind == "histogram":
        rates = f"sum by (le) (rate({series.name}_bucket{labels}[{period}]))"
        promql = f"histogram_quantile({QUANTILES[metric.statistic]}, {rates})"
    elif series.kind == "counter":
        promql = f"sum(increase({series.name}{labels}[{period}]))"
    else:
        promql = f"{_ACROSS_HOSTS[metric.statistic]}({series.across} by (instance) ({series.name}{labels}))"
    return with_job(promql, job=job)
