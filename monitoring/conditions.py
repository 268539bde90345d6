"""What an alarm watches, as frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from monitoring.facts import Facts, Term
from monitoring.published import Published

Severity = Literal["critical", "warning"]
Scope = Literal["load_balancer", "target_group", "group", "stack", "certificate"]
Comparison = Literal[
    "GreaterThanThreshold", "GreaterThanOrEqualToThreshold", "LessThanThreshold", "LessThanOrEqualToThreshold"
]
Missing = Literal["breaching", "notBreaching", "ignore"]
NAMESPACE = "vLLM"  # of what hosts publish


@dataclass(frozen=True, kw_only=True)
class Share:
    """``share`` of a fact, and ``more``: a threshold that moves with the plan."""

    of: Term
    share: float = 1.0
    more: float = 0.0

    def resolve(self, facts: Facts) -> float:
        return facts.value(self.of) * self.share + self.more


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric of AWS or, in the namespace ``vLLM``, of the hosts.

    ``statistic``: a CloudWatch statistic or a percentile such as ``p95``. ``scope`` says which dimensions identify it:
    load balancer alone, load balancer and target group, the group, the stack, or the endpoint's certificate.
    ``published``: what hosts publish under that name, where Prometheus has it too.
    """

    namespace: str
    name: str
    statistic: str
    scope: Scope
    unit: str
    published: Published | None = None

    def as_(self, statistic: str) -> Metric:
        """The same metric by another statistic."""
        return replace(self, statistic=statistic)


@dataclass(frozen=True, kw_only=True)
class Formula:
    """CloudWatch's metric math: ``expression`` names its ``terms``, at most 10, each of the condition's period."""

    expression: str
    terms: Mapping[str, Metric]
    unit: str


Measured = Metric | Formula


@dataclass(frozen=True, kw_only=True)
class MetricCondition:
    """Bad when ``metric`` compares so to ``threshold`` in each of ``lasts_s / period_s`` periods in a row.

    ``missing``: what no data means; ``ignore`` keeps the state as it is. ``lasts_s`` is at least this; a fact makes it
    follow the plan.
    """

    metric: Measured
    comparison: Comparison
    threshold: float | Share
    lasts_s: int | Share
    missing: Missing
    period_s: int = 60

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """All that are asked for."""
        return tuple(self.metric.terms.values()) if isinstance(self.metric, Formula) else (self.metric,)


@dataclass(frozen=True, kw_only=True)
class EventCondition:
    """Bad each time that Auto Scaling says so of the stack's group. ``cause``: where the event says why, if it does.

    ``unless``: not where that text holds one of these.
    """

    detail_type: str
    cause: str | None = None
    unless: tuple[str, ...] = ()
    source: str = "aws.autoscaling"


@dataclass(frozen=True, kw_only=True)
class AnyOf:
    """Bad while one of these alarms rings; they themselves tell nobody."""

    ids: tuple[str, ...]


Condition = MetricCondition | EventCondition | AnyOf


@dataclass(frozen=True, kw_only=True)
class Twin:
    """What Prometheus measures in the place of a metric that only CloudWatch has; comparison, threshold and time are
    those of the condition.

    ``measure``: PromQL in which ``{job`` stands for the selector of the stack's hosts. Where it looks back, it does so
    for the condition's period.
    """

    measure: str


@dataclass(frozen=True, kw_only=True)
class AwsOnly:
    """Prometheus cannot know; ``reason`` says why, as the part of a sentence after "because"."""

    reason: str


Prometheus = Twin | AwsOnly


@dataclass(frozen=True, kw_only=True)
class Moving:
    """What holds instead where the least number of replicas is 0 or changes by the hour."""

    condition: MetricCondition
    prometheus: Prometheus


@dataclass(frozen=True, kw_only=True)
class Watch:
    """One thing that must not go unnoticed. ``why``: what users see; ``first_action``: what to do now.

    ``prometheus``: None where the same rule follows from the condition, because hosts publish its metric.
    ``consequence_of``: the alarm that says it all: while that one rings, this one tells nobody.
    ``needs_certificate``: only of stacks whose endpoint has one. ``moving``: see there; None where nothing differs.
    """

    id: str
    severity: Severity
    why: str
    first_action: str
    condition: Condition
    prometheus: Prometheus | None = None
    consequence_of: str | None = None
    needs_certificate: bool = False
    moving: Moving | None = None

    @property
    def moved(self) -> Watch:
        """As it is where the least number of replicas is 0 or changes by the hour."""
        if self.moving is None:
            return self
        return replace(self, condition=self.moving.condition, prometheus=self.moving.prometheus, moving=None)
