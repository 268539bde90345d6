"""Which availability zones a stack uses."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from config.errors import Problem
from sizing import zones


def find_zones(*, configured: Sequence[str] | None, instance_type: str) -> tuple[str, ...]:
    """The configured zones, else two, those that offer ``instance_type`` first, since the fleet lives in the first.

    Raises RunError as ``choose_zones`` does.
    """
    if configured:
        return tuple(configured)
    return choose_zones(
        instance_type=instance_type, offered=_zones_offering(instance_type), available=_available_zones()
    )


def choose_zones(*, instance_type: str, offered: Sequence[str], available: Sequence[str]) -> tuple[str, ...]:
    """As ``sizing.zones`` orders them. Raises RunError, which the engine shows, when none offers the type."""
    if not offered:
        raise pulumi.RunError(_not_offered(instance_type).render())
    return zones.choose_zones(offered=offered, available=available)


def _zones_offering(instance_type: str) -> Sequence[str]:
    return aws.ec2.get_instance_type_offerings(
        location_type="availability-zone",
        filters=[aws.ec2.GetInstanceTypeOfferingsFilterArgs(name="instance-type", values=[instance_type])],
    ).locations


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
