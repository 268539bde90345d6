"""A VPC with subnets in several zones: the private ones reach out by a NAT gateway, the public ones by the internet
gateway.

VPC user guide, "NAT gateways": "You create a public NAT gateway in a public subnet [...]. You route traffic from the
NAT gateway to the internet gateway for the VPC." Subnets: "Each subnet must reside entirely within one Availability
Zone and cannot span zones." (CreateSubnet makes the id; here it is given.)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from ipaddress import IPv4Network
from typing import Any

from moto.ec2.models import ec2_backends, subnets, vpcs

from rehearsal.aws.given.chosen import ACCOUNT, next_id
from rehearsal.aws.given.model import GivenNetwork

CIDR = "10.64.0.0/16"
_PREFIX = 20  # of each subnet: 16 of them
_ANYWHERE = "0.0.0.0/0"


def make_network(network: GivenNetwork, *, region: str) -> None:
    """Make what is not there yet: two stacks may share a network. LookupError for more subnets than zones."""
    backend = ec2_backends[ACCOUNT][region]
    if network.vpc_id not in backend.vpcs:
        with next_id(vpcs, "random_vpc_id", network.vpc_id):
            backend.create_vpc(CIDR)
    zones = zones_for(backend, instance_type=network.instance_type)
    gateway_id = _internet_gateway(backend, network.vpc_id)
    for tier in (network.public_subnet_ids, network.private_subnet_ids):
        for subnet_id, zone in _missing(backend, tier, zones):
            with next_id(subnets, "random_subnet_id", subnet_id):
                subnet = _subnet(backend, network.vpc_id, zone=zone)
            if tier is network.public_subnet_ids:
                _route(backend, subnet, gateway_id=gateway_id)
            else:
                _route(backend, subnet, nat_gateway_id=_nat_gateway(backend, network, gateway_id, zone=zone))


def zones_for(backend: Any, *, instance_type: str | None) -> list[str]:
    """All zones of the region, those that offer the type first."""
    names = [zone.name for zone in backend.describe_availability_zones()]
    if instance_type is None:
        return names
    found = backend.describe_instance_type_offerings("availability-zone", {"instance-type": [instance_type]})
    offering = {offered["Location"] for offered in found}
    return sorted(names, key=lambda name: name not in offering)


def _missing(backend: Any, subnet_ids: Sequence[str], zones: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Each subnet of a tier that is not there yet, and a zone that no other one of the tier is in."""
    there = {subnet.id: subnet.availability_zone for subnet in backend.describe_subnets()}
    taken = {there[subnet_id] for subnet_id in subnet_ids if subnet_id in there}
    wanted = [subnet_id for subnet_id in subnet_ids if subnet_id not in there]
    free = [zone for zone in zones if zone not in taken]
    if len(wanted) > len(free):
        raise LookupError(f"{len(subnet_ids)} subnets, one per zone, but {backend.region_name} has {len(zones)} zones")
    yield from zip(wanted, free, strict=False)


def _subnet(backend: Any, vpc_id: str, *, zone: str) -> Any:
    taken = [subnet.cidr for subnet in backend.describe_subnets(filters={"vpc-id": [vpc_id]})]
    blocks = IPv4Network(CIDR).subnets(new_prefix=_PREFIX)
    free = next(block for block in blocks if not any(block.overlaps(other) for other in taken))
    subnet = backend.create_subnet(vpc_id, str(free), availability_zone=zone)
    subnet.map_public_ip_on_launch = False
    subnet.default_for_az = False
    return subnet


def _internet_gateway(backend: Any, vpc_id: str) -> str:
    for gateway in backend.describe_internet_gateways():
        if gateway.vpc and gateway.vpc.id == vpc_id:
            return str(gateway.id)
    made = backend.create_internet_gateway()
    backend.attach_internet_gateway(made.id, vpc_id)
    return str(made.id)


def _nat_gateway(backend: Any, network: GivenNetwork, gateway_id: str, *, zone: str) -> str:
    """The one of the VPC, in a public subnet; one of its own where the stack file names none."""
    for nat in backend.describe_nat_gateways(filters=None, nat_gateway_ids=None):
        if nat.vpc_id == network.vpc_id:
            return str(nat.id)
    if network.public_subnet_ids:
        subnet_id = network.public_subnet_ids[0]
    else:
        subnet = _subnet(backend, network.vpc_id, zone=zone)
        _route(backend, subnet, gateway_id=gateway_id)
        subnet_id = subnet.id
    address = backend.allocate_address("vpc")
    return str(backend.create_nat_gateway(subnet_id, address.allocation_id).id)


def _route(backend: Any, subnet: Any, **target: str) -> None:
    table = backend.create_route_table(subnet.vpc_id)
    backend.associate_route_table(table.id, subnet_id=subnet.id)
    backend.create_route(table.id, destination_cidr_block=_ANYWHERE, **target)
