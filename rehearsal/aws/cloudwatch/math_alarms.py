"""Data points of an alarm on metric math, out of the metrics that it names.

PutMetricAlarm, Metrics: "One item in the Metrics array is the expression that the alarm watches. You designate this
expression by setting ReturnData to true for this object in the array"; the others are metrics, or expressions too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from rehearsal.aws.cloudwatch.data import Datum, of_values, statistic, within
from rehearsal.aws.cloudwatch.expression import Value, evaluate
from rehearsal.aws.cloudwatch.metrics import data_of
from rehearsal.aws.cloudwatch.state import EXTRA_POINTS

_MINUTE_S = 60


def period_s(queries: Sequence[Any]) -> int:
    """The longest period of its metrics."""
    return max(int(query.metric_stat.period) for query in queries if query.metric_stat is not None)


def points(backend: Any, queries: Sequence[Any], *, evaluation_periods: int, now: datetime) -> Iterator[Datum]:
    """The expression's value in each period that the alarm looks at, where there is one. ValueError for metric math
    that the emulator does not know."""
    length_s = period_s(queries)
    end_s = math.floor(now.timestamp() / _MINUTE_S) * _MINUTE_S
    (watched,) = [query for query in queries if str(query.return_data).lower() not in ("false", "none")] or queries[-1:]
    for age in range(evaluation_periods + EXTRA_POINTS):
        begin_s = end_s - (age + 1) * length_s
        terms: dict[str, Value] = {
            query.id: statistic(within(_data(backend, query), begin_s, begin_s + length_s), query.metric_stat.stat)
            for query in queries
            if query.metric_stat is not None
        }
        for query in queries:  # in their order: one may use those before it
            if query.expression and query is not watched:
                terms[query.id] = evaluate(query.expression, terms)
        value = evaluate(watched.expression, terms) if watched.expression else terms[watched.id]
        if value is not None:
            yield of_values(begin_s, [value], [1.0])


def _data(backend: Any, query: Any) -> list[Datum]:
    metric = query.metric_stat.metric
    dimensions = [{"Name": each.name, "Value": each.value} for each in metric.dimensions]
    return data_of(backend, namespace=metric.namespace, name=metric.metric_name, dimensions=dimensions)
