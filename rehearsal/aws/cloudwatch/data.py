"""What was measured, and the statistics of it. Pure.

"CloudWatch statistics definitions" (user guide) names the statistics; a percentile needs the values themselves.
PutMetricData: "Using the Values and Counts method enables you to publish up to 150 values per metric with one
PutMetricData request, and supports retrieving percentile statistics on this data"; of a statistic set there is one
only when "The Min and Max are equal, and Sum is equal to Min multiplied by SampleCount". How CloudWatch goes from
values to a percentile is not published; here it is the nearest rank, so it is always one of the values that were put.
"""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_PERCENTILE = re.compile(r"p(\d{1,2}(?:\.\d+)?|100)")


@dataclass(frozen=True, kw_only=True)
class Datum:
    """One entry of a PutMetricData. ``samples``: how often which value; None when only sums came."""

    at_s: float
    count: float
    total: float
    least: float
    most: float
    samples: tuple[tuple[float, float], ...] | None
    unit: str | None = None


def of_values(at_s: float, values: Sequence[float], counts: Sequence[float], *, unit: str | None = None) -> Datum:
    """A value as often as its count says."""
    samples = tuple(zip(values, counts, strict=True))
    return Datum(
        at_s=at_s,
        count=sum(counts),
        total=sum(value * count for value, count in samples),
        least=min(values),
        most=max(values),
        samples=samples,
        unit=unit,
    )


def of_statistics(
    at_s: float, *, count: float, total: float, least: float, most: float, unit: str | None = None
) -> Datum:
    """A statistic set: percentiles only where all values must be the same one."""
    same = least == most and math.isclose(total, least * count)
    samples = ((least, count),) if same else None
    return Datum(at_s=at_s, count=count, total=total, least=least, most=most, samples=samples, unit=unit)


def statistic(data: Sequence[Datum], name: str) -> float | None:
    """``name`` (Sum, Average, Minimum, Maximum, SampleCount, p95) of all of ``data``; None when there is none.

    Raises ValueError for a statistic that the emulator does not know.
    """
    share = percentile_share(name)
    if not data:
        return None
    count = sum(datum.count for datum in data)
    if share is not None:
        return _percentile(data, share)
    if name == "Average":
        return sum(datum.total for datum in data) / count if count else None
    known = {
        "SampleCount": count,
        "Sum": sum(datum.total for datum in data),
        "Minimum": min(datum.least for datum in data),
        "Maximum": max(datum.most for datum in data),
    }
    if name not in known:
        raise ValueError(f"the emulator does not know the statistic {name}")
    return known[name]


def percentile_share(name: str) -> float | None:
    """0.95 for p95; None for another statistic."""
    found = _PERCENTILE.fullmatch(name)
    return float(found.group(1)) / 100 if found else None


def within(data: Iterable[Datum], start_s: float, end_s: float) -> list[Datum]:
    """What was measured from ``start_s`` until before ``end_s``."""
    return [datum for datum in data if start_s <= datum.at_s < end_s]


def _percentile(data: Sequence[Datum], share: float) -> float | None:
    counts: defaultdict[float, float] = defaultdict(float)
    for datum in data:
        if datum.samples is None:
            return None
        for value, count in datum.samples:
            counts[value] += count
    wanted = share * sum(counts.values())
    seen = 0.0
    for value in sorted(counts):
        seen += counts[value]
        if seen >= wanted and counts[value]:
            return value
    return None
