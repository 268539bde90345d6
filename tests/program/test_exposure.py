"""Who can reach what: clients the load balancer, the load balancer the hosts on 8000, who is named for it the metrics
on 9400, nobody anything else."""

from __future__ import annotations

import json
from typing import Any

from rehearsal.graph.model import Resource
from tests.program.cases import Case, load_case

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
    """The ingress rules of a group, without tags and descriptions."""
    rules = [rule.inputs for rule in case.graph.of_type(INGRESS) if rule.inputs["securityGroupId"] == group]
    return [{key: value for key, value in rule.items() if key not in ("tags", "description")} for rule in rules]


def test_nothing_is_open_to_the_world_but_a_public_load_balancer(case: Case) -> None:
    rules = case.graph.of_type(INGRESS)
    opened = {rule.inputs["securityGroupId"] for rule in rules if "/0" in json.dumps(dict(rule.inputs))}
    assert opened <= ({load_balancer_group(case)} if case.config.endpoint.exposure == "public" else set())


def test_all_ingress_is_in_rules_of_the_kind_looked_at_here(case: Case) -> None:
    groups = [resource for type_ in GROUPS for resource in case.graph.of_type(type_)]
    assert groups
    assert not [group.name for group in groups if group.inputs.get("ingress")]
    assert not case.graph.of_type(OLD_RULE)


def test_only_the_load_balancer_and_named_scrapers_reach_a_host_each_on_its_port(case: Case) -> None:
    scrapers = [
        {
            "securityGroupId": host_group(case),
            "referencedSecurityGroupId" if scraper.startswith("sg-") else "cidrIpv4": scraper,
            "ipProtocol": "tcp",
            "fromPort": 9400,
            "toPort": 9400,
        }
        for scraper in case.config.monitoring.scrape_from
    ]
    rules = sorted(into(case, host_group(case)), key=lambda rule: int(rule["fromPort"]))
    assert rules == [
        {
            "securityGroupId": host_group(case),
            "referencedSecurityGroupId": load_balancer_group(case),
            "ipProtocol": "tcp",
            "fromPort": 8000,
            "toPort": 8000,
        },
        *scrapers,
    ]
    assert case.host_environment["METRICS_PORT_OPEN"] == ("true" if scrapers else "false")


def test_only_allowed_ranges_reach_the_load_balancer(case: Case) -> None:
    ports = [80, 443] if case.config.endpoint.is_https else [80]
    rules = into(case, load_balancer_group(case))
    found = sorted((rule["cidrIpv4"], rule["fromPort"], rule["toPort"]) for rule in rules)
    assert found == sorted((cidr, port, port) for cidr in clients(case) for port in ports)


def clients(case: Case) -> tuple[str, ...]:
    """Who may reach the endpoint: those named, else everyone for a public one, else the network itself."""
    if case.config.endpoint.allowed_cidrs:
        return case.config.endpoint.allowed_cidrs
    if case.config.endpoint.exposure == "public":
        return ("0.0.0.0/0",)
    return ("172.31.0.0/16",) if case.is_given_a_network else (case.config.network.cidr,)


def test_the_graph_has_a_public_endpoint_that_is_open_and_one_that_is_not() -> None:
    assert clients(load_case("public")) == ("0.0.0.0/0",)
    assert "0.0.0.0/0" not in clients(load_case("public-for-some"))


def test_no_host_has_a_public_address(case: Case) -> None:
    template = case.only("aws:ec2/launchTemplate:LaunchTemplate")
    assert [entry["associatePublicIpAddress"] for entry in template.inputs["networkInterfaces"]] == ["false"]
    subnets = case.graph.of_type("aws:ec2/subnet:Subnet")
    assert not [subnet.name for subnet in subnets if subnet.inputs.get("mapPublicIpOnLaunch")]


def test_the_load_balancer_is_public_only_when_asked_and_in_the_subnets_for_it(case: Case) -> None:
    balancer = case.only("aws:lb/loadBalancer:LoadBalancer")
    internal = case.config.endpoint.exposure == "internal"
    assert balancer.inputs["internal"] is internal
    tier = "private_subnet_ids" if internal else "public_subnet_ids"
    assert balancer.inputs["subnets"] == case.network.outputs[tier]
    assert len(set(balancer.inputs["subnets"])) >= 2


def test_the_load_balancer_drops_odd_headers_and_mitigates_desync(case: Case) -> None:
    balancer = case.only("aws:lb/loadBalancer:LoadBalancer")
    assert balancer.inputs["dropInvalidHeaderFields"] is True
    assert balancer.inputs["desyncMitigationMode"] in ("defensive", "strictest")


def test_a_given_network_is_used_and_left_as_it_is(case: Case) -> None:
    if not case.is_given_a_network:
        return
    network = case.config.network
    assert case.network.outputs["vpc_id"] == network.vpc_id
    assert tuple(case.network.outputs["private_subnet_ids"]) == network.private_subnet_ids
    assert not [item.urn for item in case.graph if item.parent == case.network.urn]
    groups = case.graph.of_type("aws:ec2/securityGroup:SecurityGroup")
    assert {item.inputs["vpcId"] for item in (*groups, case.only("aws:lb/targetGroup:TargetGroup"))} == {network.vpc_id}


def test_hosts_have_no_route_from_the_internet(case: Case) -> None:
    """Their subnets' tables lead to a NAT gateway or nowhere, never to an internet gateway. A given network is its
    owner's."""
    to_nat = ["destinationCidrBlock", "natGatewayId", "routeTableId"]
    if case.is_given_a_network:
        return
    for table in tables_of_hosts(case):
        routes = [route.inputs for route in case.graph.of_type("aws:ec2/route:Route") if uses(route, table)]
        assert [sorted(route) for route in routes] == ([to_nat] if case.config.network.egress == "internet" else [])


def tables_of_hosts(case: Case) -> list[str]:
    subnets = case.only("aws:autoscaling/group:Group").inputs["vpcZoneIdentifiers"]
    associations = case.graph.of_type("aws:ec2/routeTableAssociation:RouteTableAssociation")
    by_subnet = {entry.inputs["subnetId"]: str(entry.inputs["routeTableId"]) for entry in associations}
    return [by_subnet[subnet] for subnet in subnets]


def uses(route: Resource, table: str) -> bool:
    return bool(route.inputs["routeTableId"] == table)
