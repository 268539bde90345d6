"""A curve of a panel as PromQL. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitoring.lines import ANSWER_TOKENS, USD_PER_MILLION, Hosts, Line, Prices, Scrape, Spent, View, published_as
from monitoring.promql import QUANTILES, number
from monitoring.published import HOST_PREFIX, Series

_SECONDS_PER_MINUTE = 60
_ACROSS_HOSTS: Mapping[View, str] = {"total": "sum", "worst": "max", "least": "min", "mean": "avg"}


@dataclass(frozen=True, kw_only=True)
class Asked:
    """Of one Prometheus. ``hosts``: label matchers of the stack's hosts, such as ``job="vllm-dev"``; ``window``: over
    which rates are taken, a duration or a variable of Grafana.

    ``publisher``: hosts serve their own series beside vLLM's, which a stack on one machine does not.
    """

    hosts: str
    window: str
    prices: Prices | None
    publisher: bool = True


def promql(line: Line, asked: Asked) -> str | None:
    """One series per line; None for what Prometheus cannot know."""
    if isinstance(line, Hosts):
        series = line.metric.series
        served = asked.publisher or not series.name.startswith(HOST_PREFIX)
        return _of_hosts(series, line.view, asked) if served else None
    if isinstance(line, Scrape):
        return line.promql.replace("{hosts}", f"{{{asked.hosts}}}")
    if isinstance(line, Spent) and asked.prices is not None:
        return _spent(line, asked.prices, asked)
    return None


def _of_hosts(series: Series, view: View, asked: Asked) -> str:
    labels = ",".join([*(f'{name}="{value}"' for name, value in series.labels.items()), asked.hosts])
    if view in QUANTILES:
        rates = f"sum by (le) (rate({series.name}_bucket{{{labels}}}[{asked.window}]))"
        return f"histogram_quantile({QUANTILES[view]}, {rates})"
    if series.kind == "counter":
        per_second = f"sum(rate({series.name}{{{labels}}}[{asked.window}]))"
        return per_second if view == "per_second" else f"{per_second} * {_SECONDS_PER_MINUTE}"
    each = f"{series.across} by (instance) ({series.name}{{{labels}}})"
    return f"{_ACROSS_HOSTS[view]}({each})"


def _spent(line: Spent, prices: Prices, asked: Asked) -> str:
    hourly = f"sum(up{{{asked.hosts}}}) * {number(prices.host)} + {number(prices.shared)}"
    if line.per == "hour":
        return hourly
    tokens = f"sum(rate({published_as(ANSWER_TOKENS).series.name}{{{asked.hosts}}}[{asked.window}]))"
    return f"({hourly}) / ({tokens} > 0) * {number(USD_PER_MILLION)}"
