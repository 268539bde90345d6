"""Which availability zones a stack uses, and which of them hosts run in. Lookups, and pure choices among their answers.

AWS offers a type in some zones of a region only, and shuffles the zones' letters per account: only a lookup knows.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from config.errors import Problem
from sizing import zones as rules

OF_A_MADE_NETWORK = "zones"
OF_A_GIVEN_NETWORK = "privateSubnetIds"


def zones_offering(*instance_types: str) -> tuple[str, ...]:
    """The region's zones where AWS offers any of the types, in alphabetical order; AWS's order varies."""
    offered = aws.ec2.get_instance_type_offerings(
        location_type="availability-zone",
        filters=[aws.ec2.GetInstanceTypeOfferingsFilterArgs(name="instance-type", values=list(instance_types))],
    ).locations
    return tuple(sorted(set(offered)))


def find_zones(*, configured: Sequence[str] | None, instance_type: str, offered: Sequence[str]) -> tuple[str, ...]:
    """The configured zones, else two, those of ``offered`` first. Raises RunError as ``choose_zones`` does."""
    if configured:
        return tuple(configured)
    return choose_zones(instance_type=instance_type, offered=offered, available=_available_zones())


def choose_zones(*, instance_type: str, offered: Sequence[str], available: Sequence[str]) -> tuple[str, ...]:
    """As ``sizing.zones`` orders them. Raises RunError, which the engine shows, when none offers the type."""
    if not offered:
        raise pulumi.RunError(_not_offered(instance_type).render())
    return rules.choose_zones(offered=offered, available=available)


def fleet_zones(
    *, zones: Sequence[str], offered: Sequence[str], count: int, instance_type: str, setting: str = OF_A_MADE_NETWORK
) -> tuple[str, ...]:
    """The first ``count`` of a network's ``zones`` that offer the type. Raises RunError when there are fewer.

    ``setting``: the key that decides over the network's zones.
    """
    suitable = tuple(zone for zone in zones if zone in offered)
    if len(suitable) < count:
        problem = Problem(
            path=f"vllm:network.{setting}",
            given=f"{', '.join(zones)}, of which {_listed(suitable)} {instance_type}",
            allowed=f"{count} zones that offer it; in this account {_listed(offered)} it",
            # Those of today first: a zone that changes its place in the list replaces subnets.
            example=_example(setting, zones=(*zones, *offered)),
            message=f"The plan spreads hosts over {count} zones. Set {setting} to such zones, "
            "or another compute.instanceType, or another aws:region.",
        )
        raise pulumi.RunError(problem.render())
    return suitable[:count]


def subnets_with_slots(
    *, zones: Sequence[str], slots: Sequence[str], setting: str = OF_A_MADE_NETWORK
) -> tuple[int, ...]:
    """Which of a network's subnets, whose ``zones`` these are, hosts can run in: those that have cache ``slots``.

    Raises RunError when a slot's zone has no subnet: the network was moved, and volumes cannot follow.
    """
    lost = sorted(set(slots) - set(zones))
    if lost:
        problem = Problem(
            path=f"vllm:network.{setting}",
            given=f"subnets in {', '.join(zones)}",
            allowed=f"subnets in {', '.join(lost)} too, where the cache's volumes are",
            example=_example(setting, zones=(*lost, *zones)),
            message="Volumes stay in the zone that they were made in, and hosts cannot use those of another one. "
            "Keep these zones, or make a new stack in the other ones.",
        )
        raise pulumi.RunError(problem.render())
    return tuple(index for index, zone in enumerate(zones) if zone in slots)


def require_offered(*, slots: Sequence[str], offered: Sequence[str], instance_type: str) -> None:
    """Raises RunError when a zone of the cache ``slots`` does not offer the type: hosts there could not be launched."""
    without = sorted(set(slots) - set(offered))
    if without:
        problem = Problem(
            path="vllm:compute.instanceType",
            given=f"{instance_type}, which {', '.join(without)} does not offer",
            allowed=f"a type that {' and '.join(sorted(set(slots)))} offer, where the cache's volumes are",
            example="instanceType: g6.2xlarge",
            message="Volumes stay in the zone that they were made in, and hosts go where they are. "
            "Take a type that these zones offer, or make a new stack.",
        )
        raise pulumi.RunError(problem.render())


def require_block_zone(*, zones: Sequence[str], block_zone: str, setting: str = OF_A_MADE_NETWORK) -> None:
    """Raises RunError when the network, whose ``zones`` these are, has no subnet where the Capacity Block is."""
    if block_zone not in zones:
        problem = Problem(
            path=f"vllm:network.{setting}",
            given=", ".join(zones),
            allowed=f"{block_zone} among them, where the Capacity Block is",
            example=_example(setting, zones=(block_zone, *zones)),
            message="Hosts of a Capacity Block run in its zone alone. Make a stack whose network is there, "
            "or correct compute.capacity.block.zone.",
        )
        raise pulumi.RunError(problem.render())


def require_slots_at_block(*, slots: Sequence[str], block_zone: str) -> None:
    """Raises RunError when none of the cache ``slots`` is where the Capacity Block is: its hosts could use none."""
    elsewhere = sorted({*slots})
    if block_zone not in elsewhere:
        problem = Problem(
            path="vllm:compute.capacity.block.zone",
            given=block_zone,
            allowed=f"{' or '.join(elsewhere)}, where the cache's volumes are",
            example=f"zone: {elsewhere[0]}",
            message="Volumes stay in the zone that they were made in, and hosts of a Capacity Block run in its zone "
            "alone. Make a new stack for this block, or buy a block in that zone.",
        )
        raise pulumi.RunError(problem.render())


def _available_zones() -> Sequence[str]:
    # Local and wavelength zones are opt-in and take no load balancer of this kind.
    regional = aws.GetAvailabilityZonesFilterArgs(name="opt-in-status", values=["opt-in-not-required"])
    return aws.get_availability_zones(state="available", filters=[regional]).names


def _not_offered(instance_type: str) -> Problem:
    return Problem(
        path="vllm:compute.instanceType",
        given=instance_type,
        allowed="a type that the region offers",
        example="instanceType: g6.2xlarge",
        message="No zone of the region offers this type; set another one, or another aws:region.",
    )


def _listed(zones: Sequence[str]) -> str:
    return f"{', '.join(zones) or 'none'} {'offer' if len(zones) > 1 else 'offers'}"


def _example(setting: str, *, zones: Sequence[str]) -> str:
    wanted = tuple(dict.fromkeys(zones))
    if setting == OF_A_GIVEN_NETWORK:
        wanted = tuple(f"a subnet in {zone}" for zone in wanted)
    return f"{setting}: [{', '.join(wanted)}]"
