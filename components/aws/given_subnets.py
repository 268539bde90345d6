"""What must hold of subnets that a user gives by id. Pure: facts in, Problems out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network

from config.errors import Problem
from config.rules import DOCKER_BRIDGE


@dataclass(frozen=True, kw_only=True)
class Subnet:
    """A subnet as AWS describes it."""

    id: str
    vpc_id: str
    zone: str
    cidr: str


@dataclass(frozen=True, kw_only=True)
class Given:
    """The subnets of a stack file, and the VPC that they should be in."""

    vpc_id: str
    private: tuple[Subnet, ...]
    public: tuple[Subnet, ...]


def problems(given: Given) -> tuple[Problem, ...]:
    """Everything that would make the stack fail half-way, or run and not serve."""
    found: list[Problem] = []
    for key, subnets in (("privateSubnetIds", given.private), ("publicSubnetIds", given.public)):
        found += _elsewhere(subnets, key=key, vpc_id=given.vpc_id)
        found += _sharing_a_zone(subnets, key=key)
        found += _in_the_range_of_containers(subnets, key=key)
    return (*found, *_not_reached(given))


def _elsewhere(subnets: Sequence[Subnet], *, key: str, vpc_id: str) -> Iterator[Problem]:
    wrong = [subnet for subnet in subnets if subnet.vpc_id != vpc_id]
    if wrong:
        yield _problem(
            key=key,
            given=", ".join(f"{subnet.id} (of {subnet.vpc_id})" for subnet in wrong),
            allowed=f"subnets of {vpc_id}",
            message="A stack lives in one VPC: give subnets of network.vpcId, or the vpcId of these.",
        )


def _sharing_a_zone(subnets: Sequence[Subnet], *, key: str) -> Iterator[Problem]:
    zones = [subnet.zone for subnet in subnets]
    for zone in sorted({zone for zone in zones if zones.count(zone) > 1}):
        yield _problem(
            key=key,
            given=", ".join(f"{subnet.id} (in {zone})" for subnet in subnets if subnet.zone == zone),
            allowed="one subnet per availability zone",
            message="A load balancer takes one subnet of a zone, and so do the hosts; keep one of these.",
        )


def _in_the_range_of_containers(subnets: Sequence[Subnet], *, key: str) -> Iterator[Problem]:
    wrong = [subnet for subnet in subnets if IPv4Network(subnet.cidr).overlaps(DOCKER_BRIDGE)]
    if wrong:
        yield _problem(
            key=key,
            given=", ".join(f"{subnet.id} ({subnet.cidr})" for subnet in wrong),
            allowed=f"subnets outside of {DOCKER_BRIDGE}",
            message="Each host uses this range for its containers, and would not reach what is there.",
        )


def _not_reached(given: Given) -> Iterator[Problem]:
    """A load balancer sends nothing to targets in zones that it has no subnet in."""
    reached = {subnet.zone for subnet in given.public}
    wrong = [subnet for subnet in given.private if subnet.zone not in reached]
    if given.public and wrong:
        zones = ", ".join(subnet.zone for subnet in wrong)
        yield _problem(
            key="publicSubnetIds",
            given=", ".join(f"{subnet.id} (in {subnet.zone})" for subnet in given.public),
            allowed=f"a subnet in each zone of the private ones; {zones} has none",
            message="The public load balancer would not reach hosts there: add public subnets, or drop private ones.",
        )


def _problem(*, key: str, given: str, allowed: str, message: str) -> Problem:
    return Problem(
        path=f"vllm:network.{key}",
        given=given,
        allowed=allowed,
        example=f"{key}: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]",
        message=message,
    )
