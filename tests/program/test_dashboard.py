"""The dashboard as the program registers it: of this stack's things, with its plan's limits and prices."""

from __future__ import annotations

import json
from typing import Any

import pytest

from monitoring.facts import Facts
from monitoring.lines import Prices
from tests.program.cases import Case


def charts(case: Case) -> dict[str, dict[str, Any]]:
    body = json.loads(case.only("aws:cloudwatch/dashboard:Dashboard").inputs["dashboardBody"])
    return {each["properties"]["title"]: each["properties"] for each in body["widgets"] if each["type"] == "metric"}


def test_metrics_are_of_this_stacks_things(case: Case) -> None:
    rows = [row for chart in charts(case).values() for row in chart["metrics"]]
    found = {(row[at], row[at + 1]) for row in rows for at in range(2, len(row) - 1, 2)}
    outputs = case.graph.stack.outputs
    balancer = case.graph.of_type("aws:lb/listener:Listener")[0].inputs["loadBalancerArn"]
    wanted = {
        ("Stack", case.config.stack),
        ("LoadBalancer", balancer.partition(":loadbalancer/")[2]),
        ("TargetGroup", outputs["target_group_arn"].rpartition(":")[2]),
        ("AutoScalingGroupName", outputs["autoscaling_group"]),
    }
    certificate = case.certificate_arn
    assert found == wanted | ({("CertificateArn", certificate)} if certificate else set())


def test_the_price_of_an_hour_is_the_plans(case: Case) -> None:
    prices = Prices.of(case.plan)
    assert prices is not None
    expression = charts(case)["Price of an hour"]["metrics"][1][0]["expression"]
    host, shared = expression.removeprefix("m1*").split("+")
    hourly = float(host) * case.plan.replicas.min + float(shared)
    assert hourly == pytest.approx(case.plan.cost.hourly_usd, abs=1e-3)


def test_the_ceiling_is_the_plans(case: Case) -> None:
    marks = charts(case)["Requests that run"]["annotations"]["horizontal"]
    assert {"label": "running-at-ceiling", "value": Facts.of(case.plan).max_num_seqs} in marks
