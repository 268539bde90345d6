"""Which services a host reaches, worked out of a graph alone: routes, private endpoints, security groups."""

from __future__ import annotations

from collections.abc import Iterator

from rehearsal.graph.model import Resource
from tests.program.cases import Case

ROUTE = "aws:ec2/route:Route"
ENDPOINT = "aws:ec2/vpcEndpoint:VpcEndpoint"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
EVERYWHERE = "0.0.0.0/0"


def urns(resource: Resource, key: str) -> frozenset[str]:
    """The resources that a property names."""
    return frozenset(resource.property_dependencies.get(key, ()))


def host_group(case: Case) -> str:
    """URN of the one security group that a launched host has."""
    template = case.only("aws:ec2/launchTemplate:LaunchTemplate")
    (group,) = (urn for urn in urns(template, "networkInterfaces") if "SecurityGroup" in urn)
    return group


def host_subnets(case: Case) -> frozenset[str]:
    """The private subnets: every one that a host can be in."""
    return frozenset(item.urn for item in case.graph.of_type("aws:ec2/subnet:Subnet") if "private" in item.name)


def host_tables(case: Case) -> frozenset[str]:
    subnets = host_subnets(case)
    associations = case.graph.of_type(ASSOCIATION)
    return frozenset().union(
        *(urns(each, "routeTableId") for each in associations if urns(each, "subnetId") <= subnets)
    )


def ways_out(case: Case) -> list[str]:
    """Routes of the hosts' tables to every address."""
    tables = host_tables(case)
    routes = [route for route in case.graph.of_type(ROUTE) if urns(route, "routeTableId") <= tables]
    return [route.name for route in routes if route.inputs.get("destinationCidrBlock") == EVERYWHERE]


def egress(case: Case) -> list[Resource]:
    """The rules that let a host connect."""
    group = host_group(case)
    return [rule for rule in case.graph.of_type(EGRESS) if urns(rule, "securityGroupId") == {group}]


def reached(case: Case) -> Iterator[str]:
    """The services whose usual names lead to a host's own network, and which let it in."""
    for endpoint in case.graph.of_type(ENDPOINT):
        service = str(endpoint.inputs["serviceName"]).removeprefix(f"com.amazonaws.{case.config.region}.")
        kind = endpoint.inputs["vpcEndpointType"]
        if (_gateway if kind == "Gateway" else _interface)(case, endpoint):
            yield service


def _gateway(case: Case, endpoint: Resource) -> bool:
    lists = [rule for rule in egress(case) if endpoint.urn in urns(rule, "prefixListId") and _is_https(rule)]
    return host_tables(case) <= urns(endpoint, "routeTableIds") and bool(lists)


def _interface(case: Case, endpoint: Resource) -> bool:
    group, theirs = host_group(case), urns(endpoint, "securityGroupIds")
    let_out = any(urns(rule, "referencedSecurityGroupId") == theirs for rule in egress(case) if _is_https(rule))
    let_in = any(
        urns(rule, "securityGroupId") == theirs and urns(rule, "referencedSecurityGroupId") == {group}
        for rule in case.graph.of_type(INGRESS)
        if _is_https(rule)
    )
    by_name = endpoint.inputs["privateDnsEnabled"] is True and _resolves(case)
    # An address in each zone: none depends on another, and none pays for traffic between them.
    return by_name and let_in and let_out and urns(endpoint, "subnetIds") == host_subnets(case)


def _resolves(case: Case) -> bool:
    inputs = case.only("aws:ec2/vpc:Vpc").inputs
    return inputs["enableDnsSupport"] is True and inputs["enableDnsHostnames"] is True


def _is_https(rule: Resource) -> bool:
    return (rule.inputs["fromPort"], rule.inputs["toPort"], rule.inputs["ipProtocol"]) == (443, 443, "tcp")
