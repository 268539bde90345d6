"""What an alarm compares with, of one stack; the same number in CloudWatch and in Prometheus. Pure."""

from __future__ import annotations

import bisect
import math
from collections.abc import Mapping, Sequence

from monitoring.conditions import Metric, MetricCondition, Share, Watch
from monitoring.contract import contract
from monitoring.facts import Facts


def resolve(value: float | Share, facts: Facts) -> float:
    """A number of the table, or a share of one of the stack's facts."""
    return value.resolve(facts) if isinstance(value, Share) else float(value)


def threshold_of(watch: Watch, condition: MetricCondition, *, facts: Facts, given: Mapping[str, float]) -> float:
    """``given`` (alarm id -> value) goes before the table's, and is taken as it is.

    A limit on a percentile of vLLM's histograms goes up to the next bucket's bound: CloudWatch gets every value as the
    bound of its bucket and Prometheus guesses where in the bucket it was, and only at a bound do both say the same.
    """
    if watch.id in given:
        return given[watch.id]
    wanted = resolve(condition.threshold, facts)
    of = condition.metric.published if isinstance(condition.metric, Metric) else None
    if of is None or of.series.kind != "histogram":
        return round(wanted, 6)
    return next_bound(wanted, contract().metrics[of.series.name].buckets)


def next_bound(value: float, bounds: Sequence[float]) -> float:
    """The least bound that is not below ``value``; but the last one, which no percentile is ever above."""
    return bounds[min(bisect.bisect_left(bounds, value), len(bounds) - 2)]


def periods(condition: MetricCondition, facts: Facts) -> int:
    """How many bad periods in a row make an alarm."""
    return math.ceil(resolve(condition.lasts_s, facts) / condition.period_s)
