"""How a network's CIDR is cut into subnets. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

LARGEST_NETWORK_PREFIX = 16
SMALLEST_NETWORK_PREFIX = 25
SMALLEST_SUBNET_PREFIX = 27
"""AWS: VPCs of /16 at most; a load balancer wants subnets of /27 or larger, with 8 free addresses in each."""

MAX_ZONES = 4


@dataclass(frozen=True, kw_only=True)
class SubnetPair:
    """The two subnets of one zone."""

    private: IPv4Network
    public: IPv4Network


def split(*, cidr: str, zones: int) -> tuple[SubnetPair, ...]:
    """The subnets of ``zones`` zones in ``cidr``: equal blocks, the private ones in the lower half.

    Blocks do not depend on ``zones``, so that a zone added later moves no subnet (a moved one is a replaced one).
    Raises ValueError when the network or the number of zones is out of range.
    """
    network = IPv4Network(cidr)
    if not LARGEST_NETWORK_PREFIX <= network.prefixlen <= SMALLEST_NETWORK_PREFIX:
        raise ValueError(
            f"{cidr}: the prefix must be /{LARGEST_NETWORK_PREFIX} to /{SMALLEST_NETWORK_PREFIX}, "
            "for example 10.42.0.0/16"
        )
    room = max_zones(cidr=cidr)
    if not 1 <= zones <= room:
        raise ValueError(f"{cidr} has room for 1 to {room} zones, not {zones}")
    private, public = network.subnets()
    bits = room.bit_length() - 1
    pairs = zip(private.subnets(bits), public.subnets(bits), strict=True)
    return tuple(SubnetPair(private=low, public=high) for low, high in pairs)[:zones]


def max_zones(*, cidr: str) -> int:
    """How many zones fit: four, or two in the smallest network."""
    blocks: int = 2 ** (SMALLEST_SUBNET_PREFIX - IPv4Network(cidr).prefixlen)
    return min(MAX_ZONES, blocks // 2)
