"""What one curve of a dashboard shows, whichever of the two systems draws it. Frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from monitoring.conditions import Metric
from monitoring.published import Kind, Published, published
from sizing.plan import Plan

View = Literal["total", "worst", "least", "mean", "per_second", "per_minute", "p50", "p95", "p99"]
VIEWS: Mapping[Kind, frozenset[View]] = {
    "gauge": frozenset(("total", "worst", "least", "mean")),
    "counter": frozenset(("per_second", "per_minute")),
    "histogram": frozenset(("p50", "p95", "p99")),
}
"""What can be asked of a metric: of all hosts together, of the highest, the lowest, the average one."""
ANSWER_TOKENS = "GenerationTokens"
USD_PER_MILLION = 1e6 / 3600
"""From (USD per hour) / (tokens per second) to USD per million tokens."""
PAID_PER_HOST = ("instances", "root volumes", "logs", "metric requests", "prometheus samples")
"""The items of the plan's cost that begin and end with a host."""


def published_as(name: str) -> Published:
    """What hosts publish under this name in CloudWatch; LookupError where none do."""
    if metric := published(name):
        return metric
    raise LookupError(f"hosts publish no {name}")


@dataclass(frozen=True, kw_only=True)
class Hosts:
    """A metric that hosts publish, so both systems have it. ValueError for a view that its kind does not have."""

    label: str
    metric: Published
    view: View

    def __post_init__(self) -> None:
        if self.view not in VIEWS[self.metric.series.kind]:
            raise ValueError(f"{self.metric.name} is a {self.metric.series.kind}: there is no {self.view} of it")


@dataclass(frozen=True, kw_only=True)
class Aws:
    """A metric that only CloudWatch has; a ``Sum`` or ``SampleCount`` is shown per minute."""

    label: str
    metric: Metric


@dataclass(frozen=True, kw_only=True)
class Scrape:
    """What only Prometheus knows: its own scraping. ``{hosts}`` in ``promql`` stands for the selector of the hosts."""

    label: str
    promql: str


@dataclass(frozen=True, kw_only=True)
class Spent:
    """USD by the plan's prices and the number of hosts."""

    label: str
    per: Literal["hour", "million_answer_tokens"]


Line = Hosts | Aws | Scrape | Spent


@dataclass(frozen=True, kw_only=True)
class Prices:
    """What the plan costs in USD per hour: ``host`` for each that runs, ``shared`` when none does. On-demand prices."""

    host: float
    shared: float

    @classmethod
    def of(cls, plan: Plan) -> Prices | None:
        """None where the instance has no listed price, or the machine is one's own."""
        items = {item.name: item for item in plan.cost.items}
        instances = items.get("instances")
        if instances is None and items and plan.replicas.min == 0:
            return _of_no_host(plan)
        if instances is None or not instances.hourly_usd:
            return None
        of_hosts = sum(items[name].hourly_usd for name in PAID_PER_HOST if name in items)
        return cls(
            host=round(of_hosts / instances.quantity, 5),
            shared=round(sum(item.hourly_usd for item in plan.cost.items) - of_hosts, 5),
        )


def _of_no_host(plan: Plan) -> Prices | None:
    """Where the plan counts none, because the least number is 0: the instance alone."""
    hourly = plan.host_types[0].hourly_usd if plan.host_types else None
    shared = round(sum(item.hourly_usd for item in plan.cost.items), 5)
    return Prices(host=hourly, shared=shared) if hourly else None
