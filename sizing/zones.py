"""Which availability zones a stack takes, and how many of them its fleet is in.

Pure: whoever asks AWS brings offerings and zones.
"""

from __future__ import annotations

from collections.abc import Collection

from config.models import StackConfig

LOAD_BALANCER_ZONES = 2
"""An Application Load Balancer needs subnets in two zones, however few the fleet uses."""


def choose_zones(*, offered: Collection[str], available: Collection[str]) -> tuple[str, ...]:
    """As many as the load balancer needs: those that offer the type, since the fleet lives in the first, then others.

    In alphabetical order, since AWS's own varies. Empty when no zone offers the type.
    """
    if not offered:
        return ()
    return tuple(dict.fromkeys((*sorted(offered), *sorted(available))))[:LOAD_BALANCER_ZONES]


def zones_of_network(config: StackConfig) -> int:
    """Zones that the stack has subnets in: those of its own network, or those of the given private subnets."""
    network = config.network
    return len(network.zones or network.private_subnet_ids or ()) or LOAD_BALANCER_ZONES


def nat_gateways(config: StackConfig) -> int:
    """NAT gateways that the stack makes: none in a given network, which brings its own way out, and none for
    hosts that have no way to the internet."""
    network = config.network
    if network.mode == "existing" or network.egress != "internet":
        return 0
    return {"none": 0, "single": 1, "per_az": zones_of_network(config)}[network.nat]


def public_addresses(config: StackConfig) -> int:
    """Public IPv4 addresses that are paid for: one for each NAT gateway, and for each subnet of a public endpoint."""
    if config.endpoint.exposure != "public":
        return nat_gateways(config)
    return nat_gateways(config) + len(config.network.public_subnet_ids or range(zones_of_network(config)))


def zones_of_fleet(config: StackConfig, *, offered: int | None, replicas_max: int) -> int:
    """Zones that hosts and cache slots are in: no more than the network has, offer the type, or replicas need. A
    Capacity Block is in one.

    ``offered``: zones of the region that offer the type, None where that is not known.
    """
    capacity = config.compute.capacity
    if capacity is not None and capacity.block is not None:
        return 1
    return min(zones_of_network(config), replicas_max, *(() if offered is None else (offered,)))
