from __future__ import annotations

from rehearsal.graph.model import Graph
from tests.components.aws.recording import named, record

ROUTE = "aws:ec2/route:Route"
NAT = "aws:ec2/natGateway:NatGateway"
SUBNET = "aws:ec2/subnet:Subnet"
TABLE = "aws:ec2/routeTable:RouteTable"

PROGRAM = """
    from components.aws.naming import Tags
    from components.aws.network import Network, NetworkArgs

    args = NetworkArgs(
        cidr="10.42.0.0/16",
        zones={zones},
        zones_are_pinned=True,
        nat="{nat}",
        region="us-east-1",
        tags=Tags(stack="test"),
    )
    Network("vllm", args)
"""


def network(*, nat: str = "single", zones: str = "ab") -> Graph:
    return record(PROGRAM.format(nat=nat, zones=[f"us-east-1{letter}" for letter in zones]))


def test_without_nat_hosts_have_no_way_out() -> None:
    graph = network(nat="none")
    assert not list(graph.of_type(NAT))
    assert set(named(graph, ROUTE)) == {"vllm-public"}


def test_a_single_nat_serves_every_zone() -> None:
    routes = named(network(nat="single"), ROUTE)
    assert routes["vllm-private-0"].inputs["natGatewayId"] == routes["vllm-private-1"].inputs["natGatewayId"]


def test_a_nat_per_zone_stays_in_its_zone() -> None:
    graph = network(nat="per_az")
    routes, nats = named(graph, ROUTE), named(graph, NAT)
    assert len({route.inputs.get("natGatewayId") for route in routes.values()} - {None}) == 2
    for index in (0, 1):
        assert nats[f"vllm-nat-{index}"].urn in routes[f"vllm-private-{index}"].dependencies


def test_a_nat_gateway_waits_for_the_internet_gateway() -> None:
    graph = network(nat="per_az")
    (internet,) = graph.of_type("aws:ec2/internetGateway:InternetGateway")
    assert all(internet.urn in nat.dependencies for nat in graph.of_type(NAT))


def test_a_change_of_nat_changes_routes_and_gateways_only() -> None:
    changing = {ROUTE, NAT, "aws:ec2/eip:Eip"}
    kept = [
        {
            resource.urn: resource.inputs
            for resource in network(nat=nat)
            if resource.type not in changing and resource.custom
        }
        for nat in ("none", "single", "per_az")
    ]
    assert kept[0] == kept[1] == kept[2]


def test_a_zone_added_later_moves_nothing() -> None:
    before = {resource.urn: resource.inputs for resource in network(zones="ab") if resource.type in (SUBNET, TABLE)}
    after = {resource.urn: resource.inputs for resource in network(zones="abc") if resource.type in (SUBNET, TABLE)}
    assert before.items() <= after.items()
    assert len(after) == len(before) + 3  # a private and a public subnet, a private table


def test_whatever_lands_in_the_default_security_group_talks_to_no_one() -> None:
    (default,) = network().of_type("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
    assert default.inputs["ingress"] == default.inputs["egress"] == []


def test_s3_is_reached_from_every_subnet_without_nat() -> None:
    graph = network()
    (endpoint,) = graph.of_type("aws:ec2/vpcEndpoint:VpcEndpoint")
    assert endpoint.inputs["vpcEndpointType"] == "Gateway"
    assert {table.urn for table in graph.of_type(TABLE)} <= set(endpoint.dependencies)
