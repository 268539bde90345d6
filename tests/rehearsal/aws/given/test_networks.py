"""A given VPC: its subnets in different zones, private ones behind a NAT gateway, public ones on the internet."""

from __future__ import annotations

from typing import Any

import pytest

from rehearsal.aws.given.make import make
from rehearsal.aws.given.model import Given, GivenNetwork
from rehearsal.aws.server import EmulatedAws

VPC = "vpc-0123456789abcdef0"
PRIVATE = ("subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2")
PUBLIC = ("subnet-0bbbbbbbbbbbbbbb1", "subnet-0bbbbbbbbbbbbbbb2")


def network(**changes: Any) -> GivenNetwork:
    return GivenNetwork(**({"vpc_id": VPC, "private_subnet_ids": PRIVATE, "public_subnet_ids": PUBLIC} | changes))


def subnets(aws: EmulatedAws, *ids: str) -> dict[str, dict[str, Any]]:
    found = aws.client("ec2").describe_subnets(SubnetIds=list(ids))["Subnets"]
    return {subnet["SubnetId"]: subnet for subnet in found}


def default_route(aws: EmulatedAws, subnet_id: str) -> str:
    """What a subnet's route to everywhere goes to: the kind of its id."""
    filters = [{"Name": "association.subnet-id", "Values": [subnet_id]}]
    (table,) = aws.client("ec2").describe_route_tables(Filters=filters)["RouteTables"]
    (route,) = [route for route in table["Routes"] if route["DestinationCidrBlock"] == "0.0.0.0/0"]
    return str(route.get("NatGatewayId") or route.get("GatewayId")).split("-")[0]


def test_it_has_exactly_the_ids_and_a_zone_for_each_subnet_of_a_tier(aws: EmulatedAws) -> None:
    make(Given(region="us-east-1", network=network()))
    (vpc,) = aws.client("ec2").describe_vpcs(VpcIds=[VPC])["Vpcs"]
    assert (vpc["VpcId"], vpc["IsDefault"]) == (VPC, False)
    found = subnets(aws, *PRIVATE, *PUBLIC)
    assert {subnet["VpcId"] for subnet in found.values()} == {VPC}
    assert len({subnet["CidrBlock"] for subnet in found.values()}) == 4
    for tier in (PRIVATE, PUBLIC):
        assert len({found[subnet_id]["AvailabilityZone"] for subnet_id in tier}) == 2


def test_private_subnets_route_to_a_nat_gateway_and_public_ones_to_the_internet_gateway(aws: EmulatedAws) -> None:
    make(Given(region="us-east-1", network=network()))
    assert [default_route(aws, subnet_id) for subnet_id in (*PRIVATE, *PUBLIC)] == ["nat", "nat", "igw", "igw"]
    (nat,) = aws.client("ec2").describe_nat_gateways()["NatGateways"]
    assert nat["SubnetId"] in PUBLIC


def test_without_public_subnets_the_nat_gateway_has_one_of_its_own(aws: EmulatedAws) -> None:
    make(Given(region="us-east-1", network=network(public_subnet_ids=())))
    assert [default_route(aws, subnet_id) for subnet_id in PRIVATE] == ["nat", "nat"]
    (nat,) = aws.client("ec2").describe_nat_gateways()["NatGateways"]
    assert nat["SubnetId"] not in PRIVATE
    assert default_route(aws, nat["SubnetId"]) == "igw"


def test_zones_that_offer_the_instance_type_come_first(aws: EmulatedAws) -> None:
    make(Given(region="us-east-1", network=network(instance_type="p4de.24xlarge")))
    offered = aws.client("ec2").describe_instance_type_offerings(
        LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": ["p4de.24xlarge"]}]
    )["InstanceTypeOfferings"]
    zones = {offering["Location"] for offering in offered}
    assert zones == {"us-east-1b", "us-east-1c"}, "the test needs a type that the first zone lacks"
    assert {subnet["AvailabilityZone"] for subnet in subnets(aws, *PRIVATE).values()} == zones


def test_two_stacks_may_share_one(aws: EmulatedAws) -> None:
    make(Given(region="us-east-1", network=network()))
    before = subnets(aws, *PRIVATE)
    third = (*PRIVATE, "subnet-0aaaaaaaaaaaaaaa3")
    make(Given(region="us-east-1", network=network(private_subnet_ids=third)))
    found = subnets(aws, *third)
    assert {subnet_id: found[subnet_id] for subnet_id in PRIVATE} == before
    assert len({subnet["AvailabilityZone"] for subnet in found.values()}) == 3
    assert len(aws.client("ec2").describe_nat_gateways()["NatGateways"]) == 1
    assert len(aws.client("ec2").describe_internet_gateways()["InternetGateways"]) == 1


def test_a_region_without_as_many_zones_says_so(aws: EmulatedAws) -> None:
    many = tuple(f"subnet-0aaaaaaaaaaaaaaa{n}" for n in range(6))
    with pytest.raises(LookupError, match="6 subnets, one per zone, but eu-west-1 has 3 zones"):
        make(Given(region="eu-west-1", network=network(private_subnet_ids=many)))
