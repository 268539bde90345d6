"""What one interval has to tell CloudWatch. Pure but for what it gathers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from .exposition import Exposition, Sample, labels_of
from .growth import Growth
from .spec import Metric

Values = dict[float, float]
"""How often each value was seen."""


@dataclass(kw_only=True)
class Interval:
    """Gauges as the last look saw them, counters by their growth, histograms by what was observed.

    One value of a gauge for an interval: so the values of all hosts add up (``Sum``), and their number is that of the
    hosts that report (``SampleCount``).
    """

    metrics: tuple[Metric, ...]
    _seen: dict[str, float] = field(default_factory=dict)
    _grown: dict[str, float] = field(default_factory=dict)
    _observed: dict[str, Values] = field(default_factory=dict)

    def add(self, seen: Exposition, growth: Growth, *, start: float = 0) -> None:
        """One look at one source."""
        counted = [sample for metric in self._counted() for sample in seen.of(metric.sample_name)]
        grown: dict[str, list[tuple[Sample, float]]] = {}
        # One metric may select what another one sums up, so that a sample can be in the list twice.
        for sample, delta in growth.of(counted, start=start):
            grown.setdefault(sample.name, []).append((sample, delta))
        for metric in self.metrics:
            if metric.kind == "gauge":
                self._sample(metric, seen)
            elif metric.series in seen.families or grown.get(metric.sample_name):
                mine = [pair for pair in grown.get(metric.sample_name, []) if pair[0].has(metric.labels)]
                self._grow(metric, mine)

    def close(self) -> list[dict[str, Any]]:
        """Entries of PutMetricData's MetricData, but for dimension and time; begins anew."""
        data = []
        for metric in self.metrics:
            values = self._values(metric)
            if values:
                ordered = sorted(values)
                entry = {"MetricName": metric.name, "Unit": metric.unit}
                data.append({**entry, "Values": ordered, "Counts": [float(values[value]) for value in ordered]})
        self._seen, self._grown, self._observed = {}, {}, {}
        return data

    def _counted(self) -> Iterable[Metric]:
        return (metric for metric in self.metrics if metric.kind != "gauge")

    def _sample(self, metric: Metric, seen: Exposition) -> None:
        values = [sample.value for sample in seen.of(metric.series, metric.labels) if math.isfinite(sample.value)]
        if values:
            self._seen[metric.name] = max(values) if metric.across == "max" else sum(values)

    def _grow(self, metric: Metric, grown: list[tuple[Sample, float]]) -> None:
        if metric.kind == "counter":
            self._grown[metric.name] = self._grown.get(metric.name, 0.0) + sum(delta for _, delta in grown)
            return
        observed = self._observed.setdefault(metric.name, {})
        for value, count in observations(grown).items():
            observed[value] = observed.get(value, 0.0) + count

    def _values(self, metric: Metric) -> Values:
        if metric.kind == "gauge":
            return {self._seen[metric.name]: 1.0} if metric.name in self._seen else {}
        if metric.kind == "counter":
            return {self._grown[metric.name]: 1.0} if metric.name in self._grown else {}
        return self._observed.get(metric.name, {})


def observations(grown: Iterable[tuple[Sample, float]]) -> Values:
    """Of a histogram's buckets, which include all below them: how many values fell into each, by its upper bound.

    What is above the last bound counts as that bound, as in Prometheus' histogram_quantile: CloudWatch takes no
    infinity.
    """
    below: dict[float, float] = {}
    for sample, delta in grown:
        bound = _bound(sample)
        if bound is not None:
            below[bound] = below.get(bound, 0.0) + delta
    values: Values = {}
    counted, last = 0.0, 0.0
    for bound in sorted(below):
        here = below[bound] - counted
        counted = max(counted, below[bound])
        last = bound if math.isfinite(bound) else last
        if here > 0:
            values[last] = values.get(last, 0.0) + here
    return values


def _bound(sample: Sample) -> float | None:
    try:
        return float(labels_of(sample.labels)["le"])
    except (KeyError, ValueError):
        return None
