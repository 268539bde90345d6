"""How a network's CIDR is cut into subnets. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Network

from config.rules import VPC_LARGEST, VPC_SMALLEST, ZONES_MAX


@dataclass(frozen=True, kw_only=True)
class SubnetPair:
    """The two subnets of one zone."""

    private: IPv4Network
    public: IPv4Network


def split(*, cidr: str, zones: int) -> tuple[SubnetPair, ...]:
    """The subnets of ``zones`` zones in ``cidr``: equal blocks, private ones in the lower half, public in the upper.

    Blocks do not depend on ``zones``, so that a zone added later moves no subnet (a moved one is a replaced one).
    Raises ValueError when the network or the number of zones is out of the range that the configuration accepts.
    """
    network = IPv4Network(cidr)
    if not VPC_LARGEST <= network.prefixlen <= VPC_SMALLEST:
        raise ValueError(f"{cidr}: the prefix must be /{VPC_LARGEST} to /{VPC_SMALLEST}, for example 10.42.0.0/16")
    if not 1 <= zones <= ZONES_MAX:
        raise ValueError(f"{cidr} is cut for 1 to {ZONES_MAX} zones, not {zones}")
    lower, upper = network.subnets()
    bits = (ZONES_MAX - 1).bit_length()
    pairs = zip(lower.subnets(bits), upper.subnets(bits), strict=True)
    return tuple(SubnetPair(private=private, public=public) for private, public in pairs)[:zones]
