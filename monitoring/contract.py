"""What the pinned vLLM really exports, and which alarms would go silent if it did not.

``monitoring/data/vllm_metrics.json`` is written by ``tools/vllm_metrics.py`` from the /metrics of that vLLM. An alarm
on a name that nobody exports never rings and never says so, so tests hold every name to it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from monitoring.conditions import MetricCondition, Twin, Watch
from monitoring.published import HOST_PREFIX, MADE_OF, PUBLISHED, TOLD, Series

PATH = Path(__file__).parent / "data" / "vllm_metrics.json"
SCRAPED = frozenset(("up", "ALERTS"))  # Prometheus' own
_SELECTED = re.compile(r"([a-zA-Z_:][\w:]*)\{([^}]*)\}")
_MATCHER = re.compile(r'(\w+)\s*=~?\s*"([^"]*)"')
_SUFFIXES = ("_bucket", "_count", "_sum")


@dataclass(frozen=True, kw_only=True)
class Exported:
    """``buckets``: a histogram's bounds without infinity; ``values``: of labels that vLLM has all from its start."""

    kind: str
    labels: tuple[str, ...]
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    buckets: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Contract:
    version: str
    metrics: Mapping[str, Exported]


@cache
def contract() -> Contract:
    """The committed one."""
    return contract_of(json.loads(PATH.read_text(encoding="utf-8")))


def contract_of(document: Mapping[str, Any]) -> Contract:
    return Contract(
        version=document["vllm_version"],
        metrics={name: _exported(fact) for name, fact in document["metrics"].items()},
    )


def _exported(fact: Mapping[str, Any]) -> Exported:
    return Exported(
        kind=fact["type"],
        labels=tuple(fact["labels"]),
        values={name: tuple(values) for name, values in fact.get("values", {}).items()},
        buckets=tuple(fact.get("buckets", ())),
    )


def series_problem(series: Series, known: Contract) -> str | None:
    """Why that series would be empty, as a sentence; None where it is not."""
    if series.name.startswith(HOST_PREFIX):
        return _host_problem(series.name, known)
    exported = known.metrics.get(series.name)
    if exported is None:
        return f"vLLM {known.version} exports no {series.name}"
    if exported.kind != series.kind:
        return f"{series.name} is a {exported.kind} in vLLM {known.version}, not a {series.kind}"
    return _label_problem(series.name, series.labels, exported, known)


def query_problems(promql: str, known: Contract) -> list[str]:
    """Why a query would be empty or wrong: one sentence for each name or label in it that nobody exports.

    Every metric of the query must have braces, so that it is one stack's: ``up{job="vllm-dev"}``.
    """
    return [problem for name, matchers in _SELECTED.findall(promql) if (problem := _problem(name, matchers, known))]


def _problem(name: str, matchers: str, known: Contract) -> str | None:
    if name in SCRAPED:
        return None
    if name.startswith(HOST_PREFIX):
        return _host_problem(name, known)
    base = next((name.removesuffix(suffix) for suffix in _SUFFIXES if name.endswith(suffix)), name)
    exported = known.metrics.get(name) or known.metrics.get(base)
    if exported is None or (exported.kind == "histogram") != (name not in known.metrics):
        return f"vLLM {known.version} exports no {name}"
    labels = {label: value for label, value in _MATCHER.findall(matchers) if label not in ("job", "instance", "le")}
    return _label_problem(name, labels, exported, known)


def _host_problem(name: str, known: Contract) -> str | None:
    """The publisher's own tests hold it to monitoring/published.py; it cannot make something of nothing."""
    if name not in host_series():
        return f"hosts export no {name}"
    lost = [part for part in MADE_OF.get(name, ()) if part not in known.metrics]
    return f"{name} cannot be made: vLLM {known.version} exports no {lost[0]}" if lost else None


def _label_problem(name: str, labels: Mapping[str, str], exported: Exported, known: Contract) -> str | None:
    for label, value in labels.items():
        if label not in exported.labels:
            return f"{name} has no label {label} in vLLM {known.version}"
        if label in exported.values and value not in exported.values[label]:
            return f"{name} never has {label}={value} in vLLM {known.version}"
    return None


@cache
def host_series() -> frozenset[str]:
    """Names that the publisher makes itself."""
    every = (each.series.name for each in (*PUBLISHED, *TOLD))
    return frozenset(name for name in every if name.startswith(HOST_PREFIX))


def silent(watches: Iterable[Watch], known: Contract) -> Sequence[str]:
    """One sentence for each alarm that could not ring, with its id and what is missing."""
    return [
        f"alarm {watch.id} would go silent: {problem}"
        for watch in watches
        for problem in dict.fromkeys([*_of(watch, known), *_of(watch.moved, known)])
    ]


def _of(watch: Watch, known: Contract) -> Iterator[str]:
    condition = watch.condition
    if isinstance(condition, MetricCondition):
        for metric in condition.metrics:
            if metric.published and (problem := series_problem(metric.published.series, known)):
                yield problem
    if isinstance(watch.prometheus, Twin):
        yield from query_problems(watch.prometheus.measure, known)
