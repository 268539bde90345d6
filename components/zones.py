"""Which availability zones a stack uses."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi_aws as aws

LOAD_BALANCER_ZONES = 2
"""An Application Load Balancer needs subnets in two zones, however few the fleet uses."""


def find_zones(*, configured: Sequence[str] | None, instance_type: str) -> tuple[str, ...]:
    """The configured zones, else those that offer ``instance_type``; topped up to two for the load balancer.

    Zones that offer the type come first, since the fleet lives in the first ones.
    """
    chosen = tuple(configured or ())
    if len(chosen) >= LOAD_BALANCER_ZONES:
        return chosen
    offered = () if chosen else _zones_offering(instance_type)
    return top_up(chosen=chosen, offered=offered, available=_available_zones())


def top_up(*, chosen: Sequence[str], offered: Sequence[str], available: Sequence[str]) -> tuple[str, ...]:
    """The first two of: chosen, offered (sorted), available (sorted); each once."""
    ordered = dict.fromkeys((*chosen, *sorted(offered), *sorted(available)))
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
