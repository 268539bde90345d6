"""A network that is there already: looked up by its ids, never changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.given_subnets import Given, Subnet, problems
from config.errors import Problem


@dataclass(frozen=True, kw_only=True)
class ExistingNetworkArgs:
    """``public_subnet_ids`` may be empty for an internal endpoint. Ids must be plain: they decide how many rules and
    slots there are."""

    vpc_id: str
    private_subnet_ids: Sequence[str]
    public_subnet_ids: Sequence[str]


class ExistingNetwork(pulumi.ComponentResource):
    """What ``Network`` offers, of a network that someone else makes. Routes, NAT and endpoints are theirs as well.

    Subnets come in the order given; ``zones`` are those of the private ones. Raises RunError for ids that do not
    belong together.
    """

    vpc_id: pulumi.Output[str]
    private_subnet_ids: Sequence[pulumi.Output[str]]
    public_subnet_ids: Sequence[pulumi.Output[str]]
    zones: Sequence[pulumi.Output[str]]
    cidrs: Sequence[str]

    def __init__(self, name: str, args: ExistingNetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:ExistingNetwork", name, None, opts)
        given = _looked_up(args)
        if found := problems(given):
            raise pulumi.RunError("\n".join(problem.render() for problem in found))
        self.vpc_id = pulumi.Output.from_input(args.vpc_id)
        self.private_subnet_ids = [pulumi.Output.from_input(subnet.id) for subnet in given.private]
        self.public_subnet_ids = [pulumi.Output.from_input(subnet.id) for subnet in given.public]
        self.zones = [pulumi.Output.from_input(subnet.zone) for subnet in given.private]
        self.cidrs = _cidrs(args.vpc_id)
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "private_subnet_ids": self.private_subnet_ids,
                "public_subnet_ids": self.public_subnet_ids,
                "zones": self.zones,
            }
        )


def _looked_up(args: ExistingNetworkArgs) -> Given:
    return Given(
        vpc_id=args.vpc_id,
        private=tuple(_subnet(id_, key="privateSubnetIds") for id_ in args.private_subnet_ids),
        public=tuple(_subnet(id_, key="publicSubnetIds") for id_ in args.public_subnet_ids),
    )


def _subnet(id_: str, *, key: str) -> Subnet:
    try:
        found = aws.ec2.get_subnet(id=id_)
    except Exception as error:  # the SDK has no narrower class for what a provider refuses
        raise _not_found(id_, path=f"vllm:network.{key}", error=error) from None
    return Subnet(id=id_, vpc_id=found.vpc_id, zone=found.availability_zone, cidr=found.cidr_block)


def _cidrs(vpc_id: str) -> tuple[str, ...]:
    """The VPC's ranges, the first one first."""
    try:
        found = aws.ec2.get_vpc(id=vpc_id)
    except Exception as error:
        raise _not_found(vpc_id, path="vllm:network.vpcId", error=error) from None
    more = sorted(entry.cidr_block for entry in found.cidr_block_associations if entry.state == "associated")
    return tuple(dict.fromkeys((found.cidr_block, *more)))


def _not_found(id_: str, *, path: str, error: Exception) -> pulumi.RunError:
    problem = Problem(
        path=path,
        given=id_,
        allowed="an id that is in the stack's account and region",
        example="subnet-0123456789abcdef0" if id_.startswith("subnet-") else "vpc-0123456789abcdef0",
        message=f"AWS does not show it: {' '.join(str(error).split())}",
    )
    return pulumi.RunError(problem.render())
