"""The bill, item by item."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from config.models import StackConfig
from sizing.cost import ASSUMED_SERIES, CUSTOM_METRICS, HOURS_PER_MONTH, Usage, cost_of, prices
from sizing.plan import CachePool
from sizing.planner import make_plan

ConfigOf = Callable[..., StackConfig]
ROOT = Path(__file__).parents[2]

USAGE = Usage(
    instance_type="g6.2xlarge",
    instance_usd=0.9776,
    instance_prices_date="2026-07-20",
    replicas=1,
    cache=CachePool(size_gib=100, iops=3000, throughput_mibps=125, zones=1, slots_per_zone=2),
    nat_gateways=1,
    public_addresses=1,
    model_gb=16.0,
    secrets=2,
)


def hourly(usage: Usage) -> dict[str, float]:
    return {item.name: item.hourly_usd for item in cost_of(usage).items}


def test_items_add_up_to_the_total() -> None:
    cost = cost_of(USAGE)
    assert cost.hourly_usd == pytest.approx(sum(item.hourly_usd for item in cost.items), abs=1e-4)
    assert cost.monthly_usd == pytest.approx(cost.hourly_usd * HOURS_PER_MONTH, rel=1e-3)


def test_everything_that_is_paid_for_is_an_item() -> None:
    assert set(hourly(USAGE)) == {
        "instances",
        "root volumes",
        "cache slots",
        "load balancer",
        "nat gateways",
        "nat traffic",
        "public addresses",
        "logs",
        "secrets",
        "metrics",
        "metric requests",
        "alarms",
        "composite alarms",
        "dashboard",
    }


def test_an_image_that_the_stack_keeps_in_ecr_is_stored_and_does_not_go_through_nat() -> None:
    kept = replace(USAGE, image_in_registry=True)
    assert hourly(kept)["image storage"] == pytest.approx(12 * 0.1 / HOURS_PER_MONTH, abs=1e-5)
    assert hourly(USAGE)["nat traffic"] == pytest.approx(28 * 0.045 / HOURS_PER_MONTH, abs=1e-5)
    assert hourly(kept)["nat traffic"] == pytest.approx(16 * 0.045 / HOURS_PER_MONTH, abs=1e-5)


def test_metrics_are_paid_per_stack_and_the_requests_that_put_them_per_host() -> None:
    one, three = hourly(USAGE), hourly(replace(USAGE, replicas=3))
    assert one["metrics"] == three["metrics"] == pytest.approx(CUSTOM_METRICS * 0.3 / HOURS_PER_MONTH, abs=1e-5)
    assert one["metric requests"] * HOURS_PER_MONTH == pytest.approx(0.438, abs=0.005)
    assert three["metric requests"] == pytest.approx(3 * one["metric requests"], abs=2e-5)


def test_a_key_of_the_stacks_own_is_paid_and_one_of_the_users_is_not_this_stacks() -> None:
    kept = hourly(replace(USAGE, own_key=True))
    assert kept["encryption key"] == pytest.approx(1.0 / HOURS_PER_MONTH, abs=1e-5)
    assert "encryption key" not in hourly(USAGE)


def test_a_firewall_is_paid_by_the_rule_and_logs_by_what_is_kept() -> None:
    guarded = replace(USAGE, firewall_rules=4, access_logs=True)
    monthly = {item.name: item.hourly_usd * 730 for item in cost_of(guarded).items}
    assert monthly["firewall"] == pytest.approx(5.0, rel=1e-2)
    assert monthly["firewall rules"] == pytest.approx(4.0, rel=1e-2)
    assert monthly["firewall requests"] == pytest.approx(0.6, rel=1e-1)
    assert monthly["access logs"] < 0.05
    assert not {"firewall", "firewall rules", "firewall requests", "access logs"} & {
        i.name for i in cost_of(USAGE).items
    }


def test_samples_are_paid_per_host_where_they_are_sent() -> None:
    sent = hourly(replace(USAGE, replicas=2, prometheus=True))["prometheus samples"]
    assert sent * HOURS_PER_MONTH == pytest.approx(2 * ASSUMED_SERIES * 43_800 * 0.9 / 1e7, abs=0.01)
    assert "prometheus samples" not in hourly(USAGE)


def test_the_series_assumed_are_those_of_the_pinned_vllm_and_some_of_the_host() -> None:
    metrics = json.loads((ROOT / "monitoring" / "data" / "vllm_metrics.json").read_text())["metrics"]
    ours = {name: metric for name, metric in metrics.items() if name.startswith("vllm:")}
    series = sum(len(metric["buckets"]) + 3 if metric["type"] == "histogram" else 1 for metric in ours.values())
    assert 0.8 * ASSUMED_SERIES <= series <= ASSUMED_SERIES


def test_every_item_names_region_and_date() -> None:
    assert all("us-east-1, 2026-" in item.note for item in cost_of(USAGE).items)


def test_instances_are_paid_per_replica() -> None:
    assert hourly(replace(USAGE, replicas=3))["instances"] == pytest.approx(3 * 0.9776)


def test_slots_are_paid_also_beyond_what_is_included_in_gp3() -> None:
    plain = hourly(USAGE)["cache slots"]
    assert plain == pytest.approx(2 * 100 * 0.08 / HOURS_PER_MONTH, abs=1e-5)
    faster = replace(USAGE, cache=replace(USAGE.cache, iops=4000, throughput_mibps=225))
    more = 2 * (1000 * 0.005 + 100 * 0.04) / HOURS_PER_MONTH
    assert hourly(faster)["cache slots"] == pytest.approx(plain + more, abs=1e-5)


def test_without_nat_there_is_no_gateway_no_traffic_and_no_address() -> None:
    assert not {"nat gateways", "nat traffic"} & set(hourly(replace(USAGE, nat_gateways=0)))


def test_public_addresses_are_paid_by_the_hour() -> None:
    four = hourly(replace(USAGE, public_addresses=4))["public addresses"]
    assert four == pytest.approx(4 * float(prices()["public_ipv4_hour"]))
    assert "public addresses" not in hourly(replace(USAGE, public_addresses=0))


def test_nat_carries_image_and_model_once_per_replica() -> None:
    small = hourly(USAGE)["nat traffic"]
    assert small == pytest.approx((12 + 16) * 0.045 / HOURS_PER_MONTH, abs=1e-5)
    assert hourly(replace(USAGE, replicas=2))["nat traffic"] == pytest.approx(2 * small, abs=2e-5)
    assert hourly(replace(USAGE, model_gb=141))["nat traffic"] > 5 * small


def test_an_unlisted_price_is_said(config_of: ConfigOf) -> None:
    plan = make_plan(config_of(region="us-east-2", compute={"instanceType": "p5e.48xlarge"}))
    (instances,) = (item for item in plan.cost.items if item.name == "instances")
    assert instances.hourly_usd == 0
    assert "no on-demand price" in instances.note
    assert "no-price" in {finding.id for finding in plan.findings}


GIVEN = {
    "mode": "existing",
    "vpcId": "vpc-01234567",
    "privateSubnetIds": ["subnet-01234567", "subnet-89abcdef"],
    "publicSubnetIds": [f"subnet-0000000{index}" for index in range(3)],
}
THREE_ZONES = ["us-east-1a", "us-east-1b", "us-east-1c"]
PUBLIC = {
    "exposure": "public",
    "certificateArn": "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef",
}


@pytest.mark.parametrize(
    ("network", "endpoint", "gateways", "addresses"),
    [
        ({"nat": "none"}, {}, 0, 0),
        ({"nat": "single"}, {}, 1, 1),
        ({"nat": "per_az"}, {}, 2, 2),
        ({"nat": "per_az", "zones": THREE_ZONES}, {}, 3, 3),
        ({"nat": "single"}, PUBLIC, 1, 1 + 2),
        ({"nat": "per_az", "zones": THREE_ZONES}, PUBLIC, 3, 3 + 3),
        (GIVEN, {}, 0, 0),
        (GIVEN, PUBLIC, 0, 3),
    ],
    ids=str,
)
def test_gateways_and_addresses_follow_network_and_exposure(
    config_of: ConfigOf, network: dict[str, Any], endpoint: dict[str, Any], gateways: int, addresses: int
) -> None:
    plan = make_plan(config_of(network=network, endpoint=endpoint))
    counted = {item.name: item.quantity for item in plan.cost.items}
    assert counted.get("nat gateways", 0) == gateways
    assert counted.get("public addresses", 0) == addresses
    assert ("nat traffic" in counted) == (gateways > 0)


def test_cost_counts_the_minimum_of_replicas(config_of: ConfigOf) -> None:
    plan = make_plan(config_of(scaling={"min": 2, "max": 5}))
    (instances,) = (item for item in plan.cost.items if item.name == "instances")
    assert instances.quantity == 2
    assert (plan.replicas.min, plan.replicas.max) == (2, 5)
