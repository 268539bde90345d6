"""Which availability zones a stack uses, and which of them hosts run in. Lookups, and pure choices among their answers.

AWS offers a type in some zones of a region only, and shuffles the zones' letters per account: only a lookup knows.
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from config.errors import Problem
from sizing import zones as rules


def zones_offering(instance_type: str) -> tuple[str, ...]:
    """The region's zones where AWS offers ``instance_type``, in alphabetical order; AWS's order varies."""
    offered = aws.ec2.get_instance_type_offerings(
        location_type="availability-zone",
        filters=[aws.ec2.GetInstanceTypeOfferingsFilterArgs(name="instance-type", values=[instance_type])],
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


def fleet_zones(*, zones: Sequence[str], offered: Sequence[str], count: int, instance_type: str) -> tuple[str, ...]:
    """The first ``count`` of a network's ``zones`` that offer the type. Raises RunError when there are fewer."""
    suitable = tuple(zone for zone in zones if zone in offered)
    if len(suitable) < count:
        raise pulumi.RunError(
            _too_few(zones=zones, suitable=suitable, offered=offered, count=count, instance_type=instance_type).render()
        )
    return suitable[:count]


def subnets_with_slots(*, zones: Sequence[str], slots: Sequence[str]) -> tuple[int, ...]:
    """Which of a network's subnets, whose ``zones`` these are, hosts can run in: those that have cache ``slots``.

    Raises RunError when a slot's zone has no subnet: the network was moved, and volumes cannot follow.
    """
    lost = sorted(set(slots) - set(zones))
    if lost:
        raise pulumi.RunError(_left_behind(zones=zones, lost=lost).render())
    return tuple(index for index, zone in enumerate(zones) if zone in slots)


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


def _too_few(
    *, zones: Sequence[str], suitable: Sequence[str], offered: Sequence[str], count: int, instance_type: str
) -> Problem:
    return Problem(
        path="vllm:network",
        given=f"{instance_type} in {', '.join(zones)}, where {_listed(suitable)} it",
        allowed=f"{count} zones that offer it; in this account {_listed(offered)} it",
        example=f"zones: [{', '.join(dict.fromkeys((*offered, *zones)))}]",
        message=f"The plan spreads hosts over {count} zones, and too few of the stack's offer this type. "
        "Set network.zones (of an existing network: privateSubnetIds) to zones that offer it, "
        "or another compute.instanceType, or another aws:region.",
    )


def _listed(zones: Sequence[str]) -> str:
    return f"{', '.join(zones) or 'none'} {'offer' if len(zones) > 1 else 'offers'}"


def _left_behind(*, zones: Sequence[str], lost: Sequence[str]) -> Problem:
    return Problem(
        path="vllm:network",
        given=f"subnets in {', '.join(zones)}",
        allowed=f"subnets in {', '.join(lost)} too, where the cache's volumes are",
        example=f"zones: [{', '.join(dict.fromkeys((*lost, *zones)))}]",
        message="Volumes stay in the zone that they were made in, and hosts cannot use those of another one. "
        "Keep these zones, or make a new stack in the other ones.",
    )
