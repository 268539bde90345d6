"""What an alarm watches, as frozen data, and the facts of one stack that thresholds may depend on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from sizing.plan import Plan

Severity = Literal["critical", "warning"]
Scope = Literal["load_balancer", "target_group", "group"]
Comparison = Literal["GreaterThanThreshold", "LessThanThreshold"]
Missing = Literal["breaching", "notBreaching"]
Term = Literal["min_replicas", "typical_answer_s", "boot_deadline_s"]
TYPICAL_OF_IDLE = 0.25  # of the load balancer's idle timeout: a typical answer counts as no longer


@dataclass(frozen=True, kw_only=True)
class Facts:
    """Numbers of one stack's plan. Replicas, seconds, seconds.

    ``typical_answer_s``: from a request of the typical length to its last token, with as many requests running as one
    replica can, at the slow end of the estimate; short enough that twice as long is well before the idle timeout.
    """

    min_replicas: int
    typical_answer_s: int
    boot_deadline_s: int

    @classmethod
    def of(cls, plan: Plan) -> Facts:
        return cls(
            min_replicas=plan.replicas.min,
            typical_answer_s=_typical_answer_s(plan),
            boot_deadline_s=plan.timers.boot_deadline_s,
        )

    def value(self, term: Term) -> float:
        return float(getattr(self, term))


def _typical_answer_s(plan: Plan) -> int:
    longest = TYPICAL_OF_IDLE * plan.timers.idle_timeout_s
    return math.ceil(min(plan.throughput.answer_s.high, longest) if plan.throughput else longest)


@dataclass(frozen=True, kw_only=True)
class Share:
    """``share`` of a fact: a threshold that moves with the plan."""

    of: Term
    share: float = 1.0

    def resolve(self, facts: Facts) -> float:
        return facts.value(self.of) * self.share


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A metric that AWS itself publishes. ``statistic``: a CloudWatch statistic or a percentile such as ``p95``.

    ``scope`` says which dimensions identify it: load balancer alone, load balancer and target group, or the group.
    """

    namespace: str
    name: str
    statistic: str
    scope: Scope
    unit: str


@dataclass(frozen=True, kw_only=True)
class MetricCondition:
    """Bad when ``metric`` compares so to ``threshold`` in each of ``lasts_s / period_s`` periods in a row.

    ``missing``: what no data means. ``lasts_s`` is at least this; a fact makes it follow the plan.
    """

    metric: Metric
    comparison: Comparison
    threshold: float | Share
    lasts_s: int | Share
    missing: Missing
    period_s: int = 60


@dataclass(frozen=True, kw_only=True)
class EventCondition:
    """Bad each time that Auto Scaling says so of the stack's group. ``cause``: where the event says why, if it does."""

    detail_type: str
    cause: str | None = None
    source: str = "aws.autoscaling"
