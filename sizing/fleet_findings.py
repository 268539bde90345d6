"""Findings about how a fleet grows, shrinks and changes, and from where its machines come."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from config.models import StackConfig
from sizing.cost import Usage, cost_of
from sizing.fleet_plan import CapacityPlan, ScalingPlan
from sizing.plan import Finding, Plan
from sizing.speed import Speed
from sizing.text import minutes

SPOT_DRAIN_S = 100  # of the 120 s of a spot notice; deregistration takes the rest


def about_fleet(config: StackConfig, plan: Plan, *, speed: Speed, usage: Usage) -> Iterator[Finding]:
    """``usage``: what the cost at the minimum of replicas is made of."""
    if plan.scaling is None or plan.capacity is None:
        return
    yield from _zero(plan.scaling)
    yield from _signal(plan, plan.scaling)
    yield from _bill(plan, plan.scaling, usage=usage)
    yield from _stand_ins(config, plan)
    if plan.capacity.spot_percent:
        yield from _spot(config, plan, plan.capacity, speed=speed)
    if plan.capacity.block_id:
        yield _note(
            "capacity-block",
            "a Capacity Block is paid for beforehand, whatever runs in it: the price of instances is that of on "
            "demand. AWS ends its hosts half an hour before it ends, and none starts after",
        )
    yield from _change(plan)


def _note(ident: str, message: str) -> Finding:
    return Finding(level="INFO", id=ident, message=message)


def _warning(ident: str, message: str) -> Finding:
    return Finding(level="WARNING", id=ident, message=message)


def _zero(scaling: ScalingPlan) -> Iterator[Finding]:
    if scaling.idle_s is None or scaling.first_answer_s is None:
        return
    after = scaling.first_answer_s
    yield _note(
        "scales-to-zero",
        f"after {minutes(scaling.idle_s)} without a request nothing runs. The next client gets 503 at once, as do all "
        f"until a host serves: {minutes(after.low)} later with a warm cache slot, {minutes(after.high)} with a blank "
        "one. Clients must try again for so long; slots and load balancer still cost",
    )


def _signal(plan: Plan, scaling: ScalingPlan) -> Iterator[Finding]:
    if scaling.signal != "kv_cache" or not plan.requests:
        return
    full = min(1.0, scaling.planned_concurrency / plan.requests)
    if full < scaling.target:
        yield _warning(
            "kv-cache-signal",
            f"with all of the {scaling.planned_concurrency:,} requests that run at once the KV cache is {full:.0%} "
            f"full, below scaling.target {scaling.target:g}: no replica would ever be added. Take signal: in_flight",
        )
        return
    yield _note(
        "kv-cache-signal",
        "a full KV cache looks the same whether one request waits or a thousand, so replicas are added one look at a "
        "time; signal: in_flight counts those that wait",
    )


def _bill(plan: Plan, scaling: ScalingPlan, *, usage: Usage) -> Iterator[Finding]:
    """The page's cost is that of the minimum."""

    def hourly(replicas: int) -> str:
        return f"{cost_of(replace(usage, replicas=replicas)).hourly_usd:,.2f} USD"

    low, most = plan.replicas.min, plan.replicas.most
    if most > low:
        yield _note(
            "cost-follows-load",
            f"an hour costs {hourly(low)} with {_replicas(low)} and {hourly(most)} with {_replicas(most)}, the most "
            "that there can be; the plan's cost is that of the minimum",
        )
    if scaling.schedules:
        each = (f"{one.name} {hourly(one.min)} ({_replicas(one.min)})" for one in scaling.schedules)
        yield _note("schedules-cost", f"an hour at the minimum of each schedule costs: {', '.join(each)}")


def _replicas(count: int) -> str:
    return f"{count} replica{'' if count == 1 else 's'}"


def _stand_ins(config: StackConfig, plan: Plan) -> Iterator[Finding]:
    wanted = config.compute.capacity
    if wanted is None or wanted.types is None:
        return
    chosen, *others = plan.host_types
    if not others:
        yield _warning(
            "no-stand-ins",
            f"compute.capacity.types is auto, and {config.region} offers no other type that holds this for at most "
            f"twice the price: when AWS has no {chosen.instance_type}, nothing takes over. Name dearer types",
        )
        return
    priced = [each for each in others if each.hourly_usd is not None]
    dearest = max(priced, key=lambda each: each.hourly_usd or 0.0, default=None)
    if dearest is not None and chosen.hourly_usd is not None:
        yield _note(
            "stand-ins-cost",
            f"a replica costs {chosen.hourly_usd:,.2f} USD an hour on {chosen.instance_type} and up to "
            f"{dearest.hourly_usd:,.2f} on {dearest.instance_type}, when AWS has nothing before it in the list; the "
            "plan's cost is that of the first",
        )
    unpriced = [each.instance_type for each in others if each.hourly_usd is None]
    if unpriced:
        yield _warning("stand-ins-without-price", f"no on-demand price is listed for {', '.join(unpriced)}")


def _spot(config: StackConfig, plan: Plan, capacity: CapacityPlan, *, speed: Speed) -> Iterator[Finding]:
    if capacity.on_demand_base == 0:
        message = (
            "compute.capacity has spotPercent and no onDemandBase: AWS may take all replicas at once, two minutes "
            "after it says so. onDemandBase: 1 keeps one"
        )
        yield _warning("spot-without-base", message) if config.cache.protect else _note("spot-without-base", message)
    if capacity.on_demand_base >= plan.replicas.most:
        yield _note(
            "spot-never",
            f"the first {_replicas(capacity.on_demand_base)} are on demand and there are never more than "
            f"{plan.replicas.most}: spotPercent does nothing. Raise scaling.max",
        )
        return
    if speed.longest_answer_s > SPOT_DRAIN_S:
        typical = f"; a typical one takes up to {plan.throughput.answer_s.high:.0f} s" if plan.throughput else ""
        yield _warning(
            "spot-drain",
            f"a spot instance is taken two minutes after its notice, and answers have {SPOT_DRAIN_S} s of them: one "
            f"that fills the whole length can take {speed.longest_answer_s:.0f} s under load and is then cut{typical}",
        )


def _change(plan: Plan) -> Iterator[Finding]:
    """What a change costs in capacity, where the old host ends first."""
    if plan.change is None or plan.change.launch_first:
        return
    start = minutes(plan.cold_start.total)
    if plan.replicas.max == 1:
        yield _warning(
            "terminate-first",
            f"on each change the only host ends before the new one starts: for {start} or less nothing answers",
        )
        return
    yield _note(
        "terminate-first",
        f"on each change one host ends before the new one starts: for {start} or less a replica is missing, host after "
        "host",
    )
