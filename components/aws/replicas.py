"""The replicas of a plan: where hosts are launched, of what, and when they come and go by themselves."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.aws.cache_pool import CachePool
from components.aws.fleet import Fleet, FleetArgs
from components.aws.launch_template import LaunchTemplate
from components.aws.load_balancer import LoadBalancer
from components.aws.naming import Tags
from components.aws.placement import AnyNetwork, fleet_subnets
from components.aws.scaling import Scaling, ScalingArgs, is_needed
from components.aws.zones import zones_offering
from monitoring.scaling import rollback_alarms
from sizing.fleet_plan import CapacityPlan
from sizing.plan import Plan


def capacity_of(plan: Plan) -> CapacityPlan:
    """A plan for AWS has one."""
    assert plan.capacity is not None
    return plan.capacity


def zones_of_type(plan: Plan) -> Sequence[str]:
    """The region's zones that offer the plan's type, looked up; of a Capacity Block its own."""
    block_zone = capacity_of(plan).block_zone
    return (block_zone,) if block_zone else zones_offering(plan.instance_type)


def make_fleet(
    *,
    plan: Plan,
    network: AnyNetwork,
    cache: CachePool,
    template: LaunchTemplate,
    balancer: LoadBalancer,
    offered: Sequence[str],
    after: list[pulumi.Resource],
    tags: Tags,
) -> Fleet:
    """``offered``: the zones of the plan's type. ``after``: what a booting host finds in place although its launch
    template does not name it."""
    assert plan.change is not None
    assert plan.scaling is not None
    args = FleetArgs(
        launch_template_id=template.launch_template_id,
        launch_template_version=template.version,
        subnet_ids=fleet_subnets(network=network, cache=cache, plan=plan, offered=_zones_of_any_type(plan, offered)),
        target_group_arn=balancer.target_group_arn,
        replicas=plan.replicas,
        timers=plan.timers,
        capacity=capacity_of(plan),
        host_types=plan.host_types,
        change=plan.change,
        min_moves=plan.scaling.idle_s is not None or bool(plan.scaling.schedules),
        rollback_alarms=rollback_alarms(plan.stack, launch_first=plan.change.launch_first),
        tags=tags,
    )
    return Fleet("vllm", args, pulumi.ResourceOptions(depends_on=after))


def _zones_of_any_type(plan: Plan, offered: Sequence[str]) -> Sequence[str]:
    types = [each.instance_type for each in plan.host_types]
    return zones_offering(*types) if len(types) > 1 else offered


def make_scaling(*, plan: Plan, balancer: LoadBalancer, fleet: Fleet, tags: Tags) -> Scaling | None:
    """None where the number of replicas never changes by itself."""
    assert plan.scaling is not None
    if not is_needed(plan.scaling):
        return None
    args = ScalingArgs(
        stack=plan.stack,
        plan=plan.scaling,
        replicas=plan.replicas,
        group_name=fleet.group_name,
        load_balancer_dimension=balancer.load_balancer_dimension,
        target_group_dimension=balancer.target_group_dimension,
        tags=tags,
    )
    return Scaling("vllm", args)
