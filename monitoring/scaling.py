"""What the group's scaling listens to, and which alarms call a change back. Pure.

The alarms here are signals to machines: each sets off one scaling policy and tells nobody. They are in no table.
Metric math: "Using metric math" (CloudWatch user guide). A minute in which a metric is missing that is not filled is
no data point, and moves nothing: what nobody measured never takes a host away. ``FILL`` only what is absent when it is
0; an alarm on a filled series looks at the newest minute, and what comes late it never sees.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from monitoring.alarms import Alarm
from monitoring.conditions import Comparison, Formula, Metric
from monitoring.table.metrics import DESIRED, HEALTHY_HOSTS, HOST_LOAD, IN_SERVICE, KV_CACHE, REFUSED, REQUESTS
from sizing.fleet_plan import ScalingPlan

Signal = Literal["in_flight", "kv_cache"]
SCALE_OUT, SCALE_IN, TO_ZERO, WAKE_UP = "scale-out", "scale-in", "to-zero", "wake-up"
PERIOD_S = 60
SURE = 0.9
"""Of the target: so much below it the others must stay without the replica that goes, or one would be back at once."""
LOAD: Mapping[Signal, Metric] = {"in_flight": HOST_LOAD, "kv_cache": KV_CACHE}
"""What a target tracking policy holds at the plan's target, on average over the replicas."""
SHOWS_A_BAD_VERSION = (
    "no-healthy-host",
    "unhealthy-host",
    "vllm-down",
    "stalled-tokens",
    "server-errors",
    "gateway-errors",
    "error-finishes",
)
"""Alarms that a bad version sets off within minutes; those on machines and on launches say nothing of a version.

A host that leaves in normal course sets off none: it is taken from the load balancer before anything on it ends, and
what is taken from there counts as healthy or unhealthy no more.
"""
_BY_FEWER_HOSTS = frozenset(("no-healthy-host", "server-errors", "gateway-errors"))


def alarm_name(*, stack: str, id: str) -> str:
    """Of an alarm that others must know before it exists: Auto Scaling calls a change back by it."""
    return f"vllm-{stack}-{id}"


def rollback_alarms(stack: str, *, launch_first: bool) -> tuple[str, ...]:
    """Names of the alarms that call an instance refresh back; at most 10 (AlarmSpecification).

    Where the old host ends before the new one serves, those that ring by being fewer meanwhile are left out.
    """
    left_out = frozenset() if launch_first else _BY_FEWER_HOSTS
    return tuple(alarm_name(stack=stack, id=id_) for id_ in SHOWS_A_BAD_VERSION if id_ not in left_out)


def scaling_alarms(*, stack: str, scaling: ScalingPlan) -> tuple[Alarm, ...]:
    """Those that this stack's policies need: ``scale-in`` where it follows the load, the others where it empties."""
    empties = () if scaling.idle_s is None else (_to_zero(stack, idle_s=scaling.idle_s), _wake_up(stack))
    return (*((_scale_in(stack, scaling),) if scaling.follows_load else ()), *empties)


def marks(scaling: ScalingPlan | None) -> tuple[Alarm, ...]:
    """For dashboards, where the group follows its load: what AWS itself makes of the target tracking policy."""
    if scaling is None or not scaling.follows_load:
        return ()
    target = Alarm(
        id=SCALE_OUT,
        description="Replicas are too full on average. Sets off the policy that adds some; nothing to be done.",
        metric=LOAD[scaling.signal],
        comparison="GreaterThanThreshold",
        threshold=scaling.target,
        period_s=PERIOD_S,
        evaluation_periods=3,
        treat_missing_data="missing",
        tells=False,
    )
    return (target,)


def _scale_in(stack: str, scaling: ScalingPlan) -> Alarm:
    load = LOAD[scaling.signal]
    return _signal(
        SCALE_IN,
        f"[{stack}] One replica fewer would do. Sets off the policy that takes one away; nothing to be done.",
        # Each replica puts one value a minute, so samples are replicas. Of the last one nothing is taken away; where
        # some are silent, the others count as fewer, and so as fuller without one.
        Formula(
            expression="IF(replicas > 1, total, 1) / IF(replicas > 1, replicas - 1, 1)",
            terms={"total": load.as_("Sum"), "replicas": load.as_("SampleCount")},
            unit="load per replica without one of them",
        ),
        comparison="LessThanThreshold",
        threshold=round(SURE * scaling.target, 6),
        lasts_s=scaling.low_for_s,
    )


def _to_zero(stack: str, *, idle_s: int) -> Alarm:
    return _signal(
        TO_ZERO,
        f"[{stack}] No request for {idle_s} seconds. Sets off the policy that ends the last replica; nothing to be "
        "done.",
        # In service in each of these minutes: time that a replica boots is not time without a request. Without
        # requests there is no RequestCount; that the load balancer is measured at all shows by its healthy hosts.
        Formula(
            expression="IF(serving > 0 AND healthy >= 0 AND FILL(requests, 0) == 0 AND load == 0, 1, 0)",
            terms={
                "serving": IN_SERVICE,
                "healthy": HEALTHY_HOSTS,
                "requests": REQUESTS,
                "load": HOST_LOAD.as_("Sum"),
            },
            unit="1: replicas serve and nobody asks",
        ),
        comparison="GreaterThanOrEqualToThreshold",
        threshold=1,
        lasts_s=idle_s,
    )


def _wake_up(stack: str) -> Alarm:
    return _signal(
        WAKE_UP,
        f"[{stack}] A request came while nothing runs. Sets off the policy that starts a replica; nothing to be done.",
        # Neither is filled: the load balancer's metrics come a minute late, and a group of which nothing is known is
        # not an empty one.
        Formula(
            expression="IF(refused > 0 AND desired < 1, 1, 0)",
            terms={"refused": REFUSED, "desired": DESIRED},
            unit="1: refused because nothing runs",
        ),
        comparison="GreaterThanOrEqualToThreshold",
        threshold=1,
        lasts_s=PERIOD_S,
    )


def _signal(
    id: str, description: str, measured: Formula, *, comparison: Comparison, threshold: float, lasts_s: int
) -> Alarm:
    return Alarm(
        id=id,
        description=description,
        metric=measured,
        comparison=comparison,
        threshold=threshold,
        period_s=PERIOD_S,
        evaluation_periods=-(-lasts_s // PERIOD_S),
        treat_missing_data="notBreaching",
        tells=False,
    )
