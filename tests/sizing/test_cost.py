"""The bill, item by item."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from config.models import StackConfig
from sizing.cost import HOURS_PER_MONTH, Usage, cost_of, prices
from sizing.plan import CachePool
from sizing.planner import make_plan

ConfigOf = Callable[..., StackConfig]

USAGE = Usage(
    instance_type="g6.2xlarge",
    instance_usd=0.9776,
    instance_prices_date="2026-07-20",
    replicas=1,
    cache=CachePool(size_gib=100, iops=3000, throughput_mibps=125, zones=1, slots_per_zone=2),
    nat_gateways=1,
    public_load_balancer=False,
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
        "alarms",
        "dashboard",
    }


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
    assert not {"nat gateways", "nat traffic", "public addresses"} & set(hourly(replace(USAGE, nat_gateways=0)))


def test_a_public_load_balancer_has_an_address_per_zone() -> None:
    internal, public = (hourly(replace(USAGE, public_load_balancer=flag))["public addresses"] for flag in (False, True))
    assert public - internal == pytest.approx(2 * float(prices()["public_ipv4_hour"]))


def test_an_unlisted_price_is_said(config_of: ConfigOf) -> None:
    plan = make_plan(config_of(compute={"instanceType": "p5e.48xlarge"}))
    (instances,) = (item for item in plan.cost.items if item.name == "instances")
    assert instances.hourly_usd == 0
    assert "no on-demand price" in instances.note
    assert "no-price" in {finding.id for finding in plan.findings}


def test_nat_follows_the_network(config_of: ConfigOf) -> None:
    def gateways(nat: str) -> float:
        plan = make_plan(config_of(network={"nat": nat}))
        return sum(item.quantity for item in plan.cost.items if item.name == "nat gateways")

    assert [gateways(nat) for nat in ("none", "single", "per_az")] == [0, 1, 2]


def test_cost_counts_the_minimum_of_replicas(config_of: ConfigOf) -> None:
    plan = make_plan(config_of(scaling={"min": 2, "max": 5}))
    (instances,) = (item for item in plan.cost.items if item.name == "instances")
    assert instances.quantity == 2
    assert (plan.replicas.min, plan.replicas.max) == (2, 5)
