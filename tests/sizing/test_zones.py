"""How many zones the fleet is in, and how many slots there are in each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from config.models import StackConfig
from sizing.catalog import Catalog
from sizing.offerings import Offerings
from sizing.plan import Plan
from sizing.planner import make_plan

ConfigOf = Callable[..., StackConfig]

THREE = {"zones": ["us-east-1a", "us-east-1b", "us-east-1c"]}
SUBNETS = [f"subnet-0000000{index}" for index in range(3)]
GIVEN = {"mode": "existing", "vpcId": "vpc-01234567", "privateSubnetIds": SUBNETS}


def offering(catalog: Catalog, letters: str) -> Catalog:
    """``us-east-1`` offers every type in these zones; ``us-west-2`` in two, and alone g5.2xlarge in both."""
    everywhere = {instance.instance_type: letters for instance in catalog.instances}
    regions = {"us-east-1": {**everywhere, "g5.2xlarge": "ab"}, "us-west-2": dict.fromkeys(everywhere, "ab")}
    return replace(catalog, offerings=Offerings(regions=regions, date="2026-01-01"))


def findings(plan: Plan) -> dict[str, str]:
    return {finding.id: finding.message for finding in plan.findings if finding.level == "WARNING"}


@pytest.mark.parametrize(
    ("network", "offered", "replicas", "zones", "slots"),
    [
        ({}, "abcdef", 1, 1, 2),
        ({}, "abcdef", 2, 2, 2),
        ({}, "abcdef", 5, 2, 4),
        ({}, "c", 4, 1, 5),
        (THREE, "abcdef", 1, 1, 2),
        (THREE, "abcdef", 2, 2, 2),
        (THREE, "abcdef", 3, 3, 2),
        (THREE, "abcdef", 7, 3, 4),
        (THREE, "ab", 4, 2, 3),
        (THREE, "ef", 4, 2, 3),  # letters are a hint: two zones of the region have it, and these may be two of three
        (GIVEN, "abcdef", 3, 3, 2),
        (GIVEN, "b", 2, 1, 3),
    ],
    ids=str,
)
def test_the_fleet_is_in_no_more_zones_than_the_network_has_the_type_is_in_or_replicas_need(
    config_of: ConfigOf,
    catalog: Catalog,
    network: dict[str, Any],
    offered: str,
    replicas: int,
    zones: int,
    slots: int,
) -> None:
    config = config_of(network=network, scaling={"min": 1, "max": replicas}, compute={"instanceType": "g6.2xlarge"})
    cache = make_plan(config, offering(catalog, offered)).cache
    assert (cache.zones, cache.slots_per_zone) == (zones, slots)


def test_many_replicas_in_one_zone_are_a_warning_with_ways_out(config_of: ConfigOf, catalog: Catalog) -> None:
    message = findings(make_plan(config_of(scaling={"min": 2}), offering(catalog, "c")))["one-zone"]
    assert "all 2 replicas" in message
    assert "g5.2xlarge" in message
    assert "us-west-2" in message


def test_one_replica_in_one_zone_is_no_warning(config_of: ConfigOf, catalog: Catalog) -> None:
    assert "one-zone" not in findings(make_plan(config_of(), offering(catalog, "c")))


def test_one_zone_without_a_way_out_is_still_said(config_of: ConfigOf, catalog: Catalog) -> None:
    only = replace(catalog, offerings=Offerings(regions={"us-east-1": {"g6.2xlarge": "a"}}, date="2026-01-01"))
    assert "one-zone" in findings(make_plan(config_of(scaling={"min": 3}), only))


def test_the_cheapest_wins_although_it_is_in_one_zone(config_of: ConfigOf, catalog: Catalog) -> None:
    assert make_plan(config_of(scaling={"min": 2}), offering(catalog, "c")).instance_type == "g6.2xlarge"


def test_zones_that_the_data_does_not_know_the_type_in_are_a_warning(config_of: ConfigOf, catalog: Catalog) -> None:
    config = config_of(network={"zones": ["us-east-1a", "us-east-1c"]})
    message = findings(make_plan(config, offering(catalog, "ab")))["zones-without-type"]
    assert "not in us-east-1c" in message
    assert "zones-without-type" not in findings(make_plan(config, offering(catalog, "ac")))
