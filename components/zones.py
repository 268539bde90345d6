"""Which availability zones a stack uses."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_aws as aws

from config.errors import Problem

LOAD_BALANCER_ZONES = 2
"""An Application Load Balancer needs subnets in two zones, however few the fleet uses."""


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
    """As many as the load balancer needs: offered ones in alphabetical order, then others; AWS's order varies.

    Raises RunError, which the engine shows as a message, when no zone offers the type.
    """
    if not offered:
        raise pulumi.RunError(_not_offered(instance_type).render())
    ordered = dict.fromkeys((*sorted(offered), *sorted(available)))
    return tuple(ordered)[:LOAD_BALANCER_ZONES]


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
