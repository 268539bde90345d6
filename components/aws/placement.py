"""Where a stack is: its network, made or given, and the zones of it that cache slots and hosts live in."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.aws.cache_pool import CachePool
from components.aws.existing_network import ExistingNetwork, ExistingNetworkArgs
from components.aws.naming import Tags
from components.aws.network import Network, NetworkArgs
from components.aws.zones import (
    OF_A_GIVEN_NETWORK,
    OF_A_MADE_NETWORK,
    find_zones,
    fleet_zones,
    require_block_zone,
    require_offered,
    require_slots_at_block,
    subnets_with_slots,
)
from config.models import StackConfig
from sizing.plan import Plan

AnyNetwork = Network | ExistingNetwork


def make_network(*, config: StackConfig, plan: Plan, offered: Sequence[str], tags: Tags) -> Network:
    """The stack's own network. ``offered``: the zones of the region that offer the plan's type."""
    wanted = config.network
    args = NetworkArgs(
        cidr=wanted.cidr,
        zones=find_zones(configured=wanted.zones, instance_type=plan.instance_type, offered=offered),
        zones_are_pinned=wanted.zones is not None,
        nat=wanted.nat if wanted.egress == "internet" else "none",
        internet=wanted.egress == "internet" or config.endpoint.exposure == "public",
        region=config.region,
        tags=tags,
    )
    return Network("vllm", args)


def look_up_network(*, config: StackConfig) -> ExistingNetwork:
    """The network that the configuration names. Public subnets are of interest to a public endpoint only."""
    wanted = config.network
    assert wanted.vpc_id is not None
    assert wanted.private_subnet_ids is not None
    public = (wanted.public_subnet_ids or ()) if config.endpoint.exposure == "public" else ()
    args = ExistingNetworkArgs(
        vpc_id=wanted.vpc_id, private_subnet_ids=wanted.private_subnet_ids, public_subnet_ids=public
    )
    return ExistingNetwork("vllm", args)


def slot_zones(*, network: AnyNetwork, plan: Plan, offered: Sequence[str]) -> list[pulumi.Output[str]]:
    """The zones for cache slots: those of the network that offer the type, as many as the plan wants.

    ``offered`` has the one zone of a Capacity Block alone, and slots are there.
    """
    count = plan.cache.zones

    def choose(zones: list[str]) -> tuple[str, ...]:
        if block_zone := _block_zone(plan):
            require_block_zone(zones=zones, block_zone=block_zone, setting=_setting(network))
        return fleet_zones(
            zones=zones,
            offered=offered,
            count=count,
            instance_type=plan.instance_type,
            setting=_setting(network),
        )

    chosen = pulumi.Output.all(*network.zones).apply(choose)
    return [chosen[index] for index in range(count)]


def fleet_subnets(
    *, network: AnyNetwork, cache: CachePool, plan: Plan, offered: Sequence[str]
) -> pulumi.Output[list[str]]:
    """The private subnets for hosts: those in the zones of the slots.

    Of the slots that there are, not of those that would be chosen today: when AWS begins to offer the type in another
    zone, slots stay where they are, and a host in that zone would find none. ``offered``: the zones that offer any of
    the types that hosts may have.
    """
    subnet_ids, count = network.private_subnet_ids, len(network.zones)

    def choose(zones: list[str]) -> pulumi.Output[list[str]]:
        slots = zones[count:]
        if block_zone := _block_zone(plan):
            require_slots_at_block(slots=slots, block_zone=block_zone)
            slots = [block_zone]
        else:
            require_offered(slots=slots, offered=offered, instance_type=plan.instance_type)
        indexes = subnets_with_slots(zones=zones[:count], slots=slots, setting=_setting(network))
        # Only the chosen ones: the id of a subnet that is yet to be made would make all of them unknown.
        return pulumi.Output.all(*(subnet_ids[index] for index in indexes))

    return pulumi.Output.all(*network.zones, *cache.zones).apply(choose)


def _setting(network: AnyNetwork) -> str:
    return OF_A_GIVEN_NETWORK if isinstance(network, ExistingNetwork) else OF_A_MADE_NETWORK


def _block_zone(plan: Plan) -> str | None:
    return plan.capacity.block_zone if plan.capacity else None
