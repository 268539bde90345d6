"""Who can reach what: clients the load balancer, the load balancer the hosts on 8000, nobody anything else."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.graph.model import Resource
from tests.program.cases import Case

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
GROUPS = ("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
OLD_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"


def host_group(case: Case) -> str:
    """The id of the one security group that a launched host has."""
    template = case.only("aws:ec2/launchTemplate:LaunchTemplate")
    (interface,) = template.inputs["networkInterfaces"]
    (group,) = interface["securityGroups"]
    return str(group)


def load_balancer_group(case: Case) -> str:
    (group,) = case.only("aws:lb/loadBalancer:LoadBalancer").inputs["securityGroups"]
    return str(group)


def into(case: Case, group: str) -> list[dict[str, Any]]:
    """The ingress rules of a group, without tags."""
    rules = [rule.inputs for rule in case.graph.of_type(INGRESS) if rule.inputs["securityGroupId"] == group]
    return [{key: value for key, value in rule.items() if key != "tags"} for rule in rules]


def test_no_ingress_is_open_to_the_world(case: Case) -> None:
    rules = json.dumps([dict(rule.inputs) for rule in case.graph.of_type(INGRESS)])
    assert "0.0.0.0/0" not in rules
    assert "::/0" not in rules


def test_all_ingress_is_in_rules_of_the_kind_looked_at_here(case: Case) -> None:
    groups = [resource for type_ in GROUPS for resource in case.graph.of_type(type_)]
    assert groups
    assert not [group.name for group in groups if group.inputs.get("ingress")]
    assert not case.graph.of_type(OLD_RULE)


def test_only_the_load_balancer_reaches_a_host_and_only_on_its_port(case: Case) -> None:
    assert into(case, host_group(case)) == [
        {
            "securityGroupId": host_group(case),
            "referencedSecurityGroupId": load_balancer_group(case),
            "ipProtocol": "tcp",
            "fromPort": 8000,
            "toPort": 8000,
        }
    ]


def test_only_allowed_ranges_reach_the_load_balancer(case: Case) -> None:
    allowed = case.config.endpoint.allowed_cidrs or (case.config.network.cidr,)
    rules = into(case, load_balancer_group(case))
    assert sorted(rule["cidrIpv4"] for rule in rules) == sorted(allowed)
    assert {(rule["fromPort"], rule["toPort"]) for rule in rules} == {(80, 80)}


def test_no_host_has_a_public_address(case: Case) -> None:
    template = case.only("aws:ec2/launchTemplate:LaunchTemplate")
    assert [entry["associatePublicIpAddress"] for entry in template.inputs["networkInterfaces"]] == ["false"]
    subnets = case.graph.of_type("aws:ec2/subnet:Subnet")
    assert not [subnet.name for subnet in subnets if subnet.inputs.get("mapPublicIpOnLaunch")]


def test_the_load_balancer_is_internal_and_drops_odd_headers(case: Case) -> None:
    balancer = case.only("aws:lb/loadBalancer:LoadBalancer")
    assert balancer.inputs["internal"] is True
    assert balancer.inputs["dropInvalidHeaderFields"] is True


def test_hosts_have_no_route_from_the_internet(case: Case) -> None:
    """Their subnets' tables lead to a NAT gateway, never to an internet gateway."""
    for table in tables_of_hosts(case):
        routes = [route.inputs for route in case.graph.of_type("aws:ec2/route:Route") if uses(route, table)]
        assert [sorted(route) for route in routes] == [["destinationCidrBlock", "natGatewayId", "routeTableId"]]


def tables_of_hosts(case: Case) -> list[str]:
    subnets = case.only("aws:autoscaling/group:Group").inputs["vpcZoneIdentifiers"]
    associations = case.graph.of_type("aws:ec2/routeTableAssociation:RouteTableAssociation")
    by_subnet = {entry.inputs["subnetId"]: str(entry.inputs["routeTableId"]) for entry in associations}
    return [by_subnet[subnet] for subnet in subnets]


def uses(route: Resource, table: str) -> bool:
    return bool(route.inputs["routeTableId"] == table)
