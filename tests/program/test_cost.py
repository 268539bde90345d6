"""The plan's cost counts what the program really makes."""

from __future__ import annotations

import pytest

from monitoring.published import PUBLISHED
from tests.program.cases import Case

COUNTED = {
    "cache slots": "aws:ebs/volume:Volume",
    "load balancer": "aws:lb/loadBalancer:LoadBalancer",
    "nat gateways": "aws:ec2/natGateway:NatGateway",
    "secrets": "aws:secretsmanager/secret:Secret",
    "encryption key": "aws:kms/key:Key",
    "firewall": "aws:wafv2/webAcl:WebAcl",
    "alarms": "aws:cloudwatch/metricAlarm:MetricAlarm",
    "composite alarms": "aws:cloudwatch/compositeAlarm:CompositeAlarm",
    "dashboard": "aws:cloudwatch/dashboard:Dashboard",
}


@pytest.mark.parametrize("item", COUNTED)
def test_each_billed_thing_is_in_the_cost_as_often_as_in_the_graph(case: Case, item: str) -> None:
    quantity = sum(entry.quantity for entry in case.plan.cost.items if entry.name == item)
    assert quantity == len(case.graph.of_type(COUNTED[item]))


def test_each_metric_beyond_the_first_of_an_alarm_is_in_the_cost(case: Case) -> None:
    """And the alarm that AWS makes for a target tracking policy."""
    alarms = case.graph.of_type("aws:cloudwatch/metricAlarm:MetricAlarm")
    read = (sum("metric" in query for query in alarm.inputs.get("metricQueries") or ()) for alarm in alarms)
    policies = case.graph.of_type("aws:autoscaling/policy:Policy")
    tracking = sum(policy.inputs.get("policyType") == "TargetTrackingScaling" for policy in policies)
    counted = {entry.name: entry.quantity for entry in case.plan.cost.items}
    assert counted["metrics of alarms"] == sum(max(each - 1, 0) for each in read) + tracking


def test_each_public_address_is_in_the_cost(case: Case) -> None:
    """Of NAT gateways, and one in each subnet of a public load balancer."""
    (balancer,) = case.graph.of_type("aws:lb/loadBalancer:LoadBalancer")
    of_balancer = 0 if balancer.inputs["internal"] else len(balancer.inputs["subnets"])
    quantity = sum(entry.quantity for entry in case.plan.cost.items if entry.name == "public addresses")
    assert quantity == len(case.graph.of_type("aws:ec2/eip:Eip")) + of_balancer


def test_each_metric_of_the_hosts_is_in_the_cost_and_the_samples_only_of_who_sends_them(case: Case) -> None:
    counted = {entry.name: entry.quantity for entry in case.plan.cost.items}
    assert counted["metrics"] == len(PUBLISHED)
    assert ("prometheus samples" in counted) == bool(case.graph.of_type("aws:amp/workspace:Workspace"))


def test_each_rule_of_the_firewall_and_the_access_logs_are_in_the_cost(case: Case) -> None:
    counted = {entry.name: entry.quantity for entry in case.plan.cost.items}
    rules = [rule for acl in case.graph.of_type("aws:wafv2/webAcl:WebAcl") for rule in acl.inputs["rules"]]
    assert counted.get("firewall rules", 0) == len(rules)
    assert ("access logs" in counted) == case.config.endpoint.access_logs
