from __future__ import annotations

import pulumi
import pytest

from components.zones import choose_zones
from sizing.zones import LOAD_BALANCER_ZONES
from tests.components.recording import record

PROGRAM = """
    import pulumi
    from components.zones import find_zones

    pulumi.export("zones", find_zones(configured={configured}, instance_type="g6.2xlarge"))
"""


def test_zones_that_offer_the_type_come_first_in_a_fixed_order() -> None:
    assert choose_zones(instance_type="g6.2xlarge", offered=["d", "c"], available=["a", "b", "c", "d"]) == ("c", "d")


def test_another_zone_is_added_for_the_load_balancer() -> None:
    zones = choose_zones(instance_type="g6.2xlarge", offered=["c"], available=["b", "a", "c"])
    assert zones == ("c", "a")
    assert len(zones) == LOAD_BALANCER_ZONES


def test_configured_zones_are_taken_as_they_are_and_nothing_is_looked_up() -> None:
    graph = record(PROGRAM.format(configured=("us-east-1d", "us-east-1b")))
    assert graph.stack.outputs["zones"] == ["us-east-1d", "us-east-1b"]
    assert not graph.invokes


def test_looked_up_zones_are_the_first_that_offer_the_type() -> None:
    graph = record(PROGRAM.format(configured=None))
    assert graph.stack.outputs["zones"] == ["us-east-1a", "us-east-1b"]


def test_a_type_that_the_region_lacks_is_a_message_that_names_the_key_and_the_value() -> None:
    with pytest.raises(pulumi.RunError, match=r"vllm:compute\.instanceType: No zone .*\n.*p5e\.48xlarge"):
        choose_zones(instance_type="p5e.48xlarge", offered=[], available=["a", "b"])
