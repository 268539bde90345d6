"""The stack's own network: a VPC with a public and a private subnet per zone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import pulumi
import pulumi_aws as aws

from components.aws.naming import Tags
from components.aws.subnets import SubnetPair, split

Nat = Literal["none", "single", "per_az"]


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    """``zones`` and ``nat`` decide how many resources there are, so they must be plain values, not outputs.

    ``internet``: whether anything at all goes out or comes in; without it there is no gateway.
    """

    cidr: str
    zones: Sequence[str]
    zones_are_pinned: bool
    nat: Nat
    region: str
    tags: Tags
    internet: bool = True


class Network(pulumi.ComponentResource):
    """VPC, subnets, internet and NAT gateways, routes, S3 gateway endpoint; the default security group shut.

    Subnets come in the order of ``zones``. Hosts live in private subnets; public ones hold NAT gateways and, for a
    public endpoint, the load balancer.
    """

    vpc_id: pulumi.Output[str]
    private_subnet_ids: Sequence[pulumi.Output[str]]
    public_subnet_ids: Sequence[pulumi.Output[str]]
    zones: Sequence[pulumi.Output[str]]
    cidrs: Sequence[str]
    s3_endpoint_id: pulumi.Output[str]
    s3_prefix_list_id: pulumi.Output[str]

    def __init__(self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:Network", name, None, opts)
        self._name = name
        self._args = args
        self._vpc = self._build_vpc()
        public, private = self._build_subnets()
        gateway = self._build_internet_gateway() if args.internet else None
        public_table = self._route_table("public", subnets=public)
        if gateway is not None:
            self._default_route("public", table=public_table, gateway_id=gateway.id)
        # One table per zone in every NAT mode, so that a change of mode changes routes and nothing else.
        private_tables = [
            self._route_table(f"private-{index}", subnets=[subnet]) for index, subnet in enumerate(private)
        ]
        if gateway is not None:
            self._build_nat(public=public, private_tables=private_tables, gateway=gateway)
        s3 = self._build_s3_endpoint(route_tables=[public_table, *private_tables])
        self.s3_endpoint_id, self.s3_prefix_list_id = s3.id, s3.prefix_list_id
        self.vpc_id = self._vpc.id
        self.public_subnet_ids = [subnet.id for subnet in public]
        self.private_subnet_ids = [subnet.id for subnet in private]
        self.zones = [subnet.availability_zone for subnet in private]
        self.cidrs = (args.cidr,)
        self.register_outputs(
            {
                "vpc_id": self.vpc_id,
                "public_subnet_ids": self.public_subnet_ids,
                "private_subnet_ids": self.private_subnet_ids,
                "zones": self.zones,
            }
        )

    def _child(self, *, ignore_changes: list[str] | None = None) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, ignore_changes=ignore_changes)

    def _build_vpc(self) -> aws.ec2.Vpc:
        vpc = aws.ec2.Vpc(
            self._name,
            cidr_block=self._args.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags=self._args.tags.named("network"),
            opts=self._child(),
        )
        # Adopted without rules, it loses those that AWS puts there: what lands in it by mistake talks to no one.
        aws.ec2.DefaultSecurityGroup(
            f"{self._name}-default",
            vpc_id=vpc.id,
            ingress=[],
            egress=[],
            tags=self._args.tags.named("default-unused"),
            opts=self._child(),
        )
        return vpc

    def _build_subnets(self) -> tuple[list[aws.ec2.Subnet], list[aws.ec2.Subnet]]:
        pairs = split(cidr=self._args.cidr, zones=len(self._args.zones))
        zoned = list(enumerate(zip(self._args.zones, pairs, strict=True)))
        public = [self._subnet("public", index, zone, pair) for index, (zone, pair) in zoned]
        private = [self._subnet("private", index, zone, pair) for index, (zone, pair) in zoned]
        return public, private

    def _subnet(self, tier: Literal["public", "private"], index: int, zone: str, pair: SubnetPair) -> aws.ec2.Subnet:
        # A looked-up zone is held: AWS may offer the type elsewhere tomorrow, and a moved subnet is a replaced one.
        held = None if self._args.zones_are_pinned else ["availabilityZone"]
        return aws.ec2.Subnet(
            f"{self._name}-{tier}-{index}",
            vpc_id=self._vpc.id,
            cidr_block=str(pair.public if tier == "public" else pair.private),
            availability_zone=zone,
            map_public_ip_on_launch=False,
            tags=self._args.tags.named(f"{tier}-{index}"),
            opts=self._child(ignore_changes=held),
        )

    def _build_internet_gateway(self) -> aws.ec2.InternetGateway:
        return aws.ec2.InternetGateway(
            self._name, vpc_id=self._vpc.id, tags=self._args.tags.named("internet"), opts=self._child()
        )

    def _build_nat(
        self,
        *,
        public: Sequence[aws.ec2.Subnet],
        private_tables: Sequence[aws.ec2.RouteTable],
        gateway: aws.ec2.InternetGateway,
    ) -> None:
        count = {"none": 0, "single": 1, "per_az": len(public)}[self._args.nat]
        nats = [self._nat_gateway(index, subnet, after=gateway) for index, subnet in enumerate(public[:count])]
        for index, table in enumerate(private_tables if nats else ()):
            nat = nats[min(index, count - 1)]
            self._default_route(f"private-{index}", table=table, nat_gateway_id=nat.id)

    def _nat_gateway(self, index: int, subnet: aws.ec2.Subnet, *, after: aws.ec2.InternetGateway) -> aws.ec2.NatGateway:
        name = f"{self._name}-nat-{index}"
        tags = self._args.tags.named(f"nat-{index}")
        address = aws.ec2.Eip(name, domain="vpc", tags=tags, opts=self._child())
        return aws.ec2.NatGateway(
            name,
            allocation_id=address.allocation_id,
            subnet_id=subnet.id,
            tags=tags,
            # AWS refuses a NAT gateway in a network that has no internet gateway yet.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[after]),
        )

    def _build_s3_endpoint(self, *, route_tables: Sequence[aws.ec2.RouteTable]) -> aws.ec2.VpcEndpoint:
        # Free, and keeps scripts and S3-held images and models off the NAT gateway, which bills each GiB.
        return aws.ec2.VpcEndpoint(
            f"{self._name}-s3",
            vpc_id=self._vpc.id,
            service_name=f"com.amazonaws.{self._args.region}.s3",
            vpc_endpoint_type="Gateway",
            route_table_ids=[table.id for table in route_tables],
            tags=self._args.tags.named("s3"),
            opts=self._child(),
        )

    def _route_table(self, part: str, *, subnets: Sequence[aws.ec2.Subnet]) -> aws.ec2.RouteTable:
        name = f"{self._name}-{part}"
        table = aws.ec2.RouteTable(name, vpc_id=self._vpc.id, tags=self._args.tags.named(part), opts=self._child())
        for index, subnet in enumerate(subnets):
            suffix = f"-{index}" if len(subnets) > 1 else ""
            aws.ec2.RouteTableAssociation(
                f"{name}{suffix}", subnet_id=subnet.id, route_table_id=table.id, opts=self._child()
            )
        return table

    def _default_route(
        self,
        part: str,
        *,
        table: aws.ec2.RouteTable,
        gateway_id: pulumi.Input[str] | None = None,
        nat_gateway_id: pulumi.Input[str] | None = None,
    ) -> None:
        aws.ec2.Route(
            f"{self._name}-{part}",
            route_table_id=table.id,
            destination_cidr_block="0.0.0.0/0",
            gateway_id=gateway_id,
            nat_gateway_id=nat_gateway_id,
            opts=self._child(),
        )
