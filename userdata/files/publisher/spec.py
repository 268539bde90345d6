"""Which metrics are put: ``metrics.json``, made from the stack's table of metrics."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

BUCKET = "_bucket"


@dataclass(frozen=True, kw_only=True)
class Metric:
    """``name``, ``unit``: CloudWatch's. ``series``: the family in Prometheus' words, of ``kind`` gauge, counter or
    histogram. ``across``: how the series of one host become one value, sum or max."""

    name: str
    series: str
    kind: str
    unit: str
    across: str = "sum"
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def sample_name(self) -> str:
        """What its samples are called."""
        return self.series + BUCKET if self.kind == "histogram" else self.series


def metrics_of(text: str) -> tuple[Metric, ...]:
    """ValueError or TypeError for a text that is no such list."""
    return tuple(Metric(**row) for row in json.loads(text))


def sample_names(metrics: Iterable[Metric]) -> frozenset[str]:
    return frozenset(metric.sample_name for metric in metrics)
