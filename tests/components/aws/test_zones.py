from __future__ import annotations

import pulumi
import pytest

from components.aws.zones import (
    choose_zones,
    fleet_zones,
    require_block_zone,
    require_offered,
    require_slots_at_block,
    subnets_with_slots,
)
from sizing.zones import LOAD_BALANCER_ZONES
from tests.components.aws.recording import record

PROGRAM = """
    import pulumi
    from components.aws.zones import find_zones, zones_offering

    offered = {offered}
    pulumi.export("zones", find_zones(configured={configured}, instance_type="g6.2xlarge", offered=offered))
"""


def test_zones_that_offer_the_type_come_first_in_a_fixed_order() -> None:
    assert choose_zones(instance_type="g6.2xlarge", offered=["d", "c"], available=["a", "b", "c", "d"]) == ("c", "d")


def test_another_zone_is_added_for_the_load_balancer() -> None:
    zones = choose_zones(instance_type="g6.2xlarge", offered=["c"], available=["b", "a", "c"])
    assert zones == ("c", "a")
    assert len(zones) == LOAD_BALANCER_ZONES


def test_configured_zones_are_taken_as_they_are_and_nothing_is_looked_up() -> None:
    graph = record(PROGRAM.format(configured=("us-east-1d", "us-east-1b"), offered=()))
    assert graph.stack.outputs["zones"] == ["us-east-1d", "us-east-1b"]
    assert not graph.invokes


def test_looked_up_zones_are_the_first_that_offer_the_type() -> None:
    graph = record(PROGRAM.format(configured=None, offered='zones_offering("g6.2xlarge")'))
    assert graph.stack.outputs["zones"] == ["us-east-1a", "us-east-1b"]


def test_a_type_that_the_region_lacks_is_a_message_that_names_the_key_and_the_value() -> None:
    with pytest.raises(pulumi.RunError, match=r"vllm:compute\.instanceType: No zone .*\n.*p5e\.48xlarge"):
        choose_zones(instance_type="p5e.48xlarge", offered=[], available=["a", "b"])


def test_hosts_go_to_the_zones_of_the_stack_that_offer_the_type_in_order() -> None:
    chosen = fleet_zones(zones=["c", "a", "b"], offered=["b", "c", "d"], count=2, instance_type="g6.2xlarge")
    assert chosen == ("c", "b")
    assert fleet_zones(zones=["a", "b"], offered=["b"], count=1, instance_type="g6.2xlarge") == ("b",)


def test_fewer_zones_than_planned_is_a_message_with_the_zones_that_would_do() -> None:
    with pytest.raises(pulumi.RunError) as raised:
        fleet_zones(zones=["z-1a", "z-1b"], offered=["z-1b", "z-1d"], count=2, instance_type="p5.48xlarge")
    text = str(raised.value)
    assert text.startswith("vllm:network.zones: The plan spreads hosts over 2 zones")
    assert "z-1a, z-1b, of which z-1b offers p5.48xlarge" in text
    assert "in this account z-1b, z-1d offer it" in text
    assert "zones: [z-1a, z-1b, z-1d]" in text


def test_of_a_given_network_the_message_speaks_of_its_subnets() -> None:
    with pytest.raises(pulumi.RunError) as raised:
        fleet_zones(zones=["a", "b"], offered=[], count=1, instance_type="p5.48xlarge", setting="privateSubnetIds")
    text = str(raised.value)
    assert text.startswith("vllm:network.privateSubnetIds: ")
    assert "of which none offers p5.48xlarge" in text
    assert "privateSubnetIds: [a subnet in a, a subnet in b]" in text


def test_hosts_follow_the_slots() -> None:
    assert subnets_with_slots(zones=["a", "b", "c"], slots=["c", "c", "a", "a"]) == (0, 2)


def test_a_network_that_left_its_slots_behind_is_a_message() -> None:
    with pytest.raises(pulumi.RunError, match=r"vllm:network\.zones: Volumes stay in the zone") as raised:
        subnets_with_slots(zones=["b", "c"], slots=["a", "b"])
    assert "zones: [a, b, c]" in str(raised.value)


def test_a_type_that_a_zone_with_slots_lacks_is_a_message() -> None:
    require_offered(slots=["a", "b"], offered=["a", "b", "c"], instance_type="g6e.12xlarge")
    with pytest.raises(pulumi.RunError, match=r"vllm:compute\.instanceType: Volumes stay in the zone") as raised:
        require_offered(slots=["a", "b", "b"], offered=["a", "c"], instance_type="g7e.24xlarge")
    assert "g7e.24xlarge, which b does not offer" in str(raised.value)
    assert "a type that a and b offer" in str(raised.value)


def test_a_network_without_a_subnet_at_the_capacity_block_is_a_message() -> None:
    require_block_zone(zones=["a", "b"], block_zone="b")
    with pytest.raises(pulumi.RunError, match=r"vllm:network\.zones: Hosts of a Capacity Block") as raised:
        require_block_zone(zones=["a", "b"], block_zone="c")
    assert "c among them" in str(raised.value)
    assert "zones: [c, a, b]" in str(raised.value)


def test_slots_elsewhere_than_the_capacity_block_are_a_message() -> None:
    require_slots_at_block(slots=["a", "b"], block_zone="b")
    with pytest.raises(pulumi.RunError, match=r"vllm:compute\.capacity\.block\.zone: Volumes stay") as raised:
        require_slots_at_block(slots=["a", "a"], block_zone="b")
    assert "zone: a" in str(raised.value)
