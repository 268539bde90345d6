"""From where the group takes machines, in each way that a stack file can ask for."""

from __future__ import annotations

from typing import Any

from tests.program.cases import RESERVATION, Case, load_case

GROUP = "aws:autoscaling/group:Group"
TEMPLATE = "aws:ec2/launchTemplate:LaunchTemplate"
VOLUME = "aws:ebs/volume:Volume"
OFFERINGS = "aws:ec2/getInstanceTypeOfferings:getInstanceTypeOfferings"
PLAIN = {"launchTemplate"}
MIXED = {"mixedInstancesPolicy"}


def group_of(name: str) -> dict[str, Any]:
    return dict(load_case(name).only(GROUP).inputs)


def test_a_group_has_one_launch_source_and_it_is_mixed_where_there_is_a_choice(case: Case) -> None:
    plan, inputs = case.plan, case.only(GROUP).inputs
    assert plan.capacity is not None
    mixed = len(plan.host_types) > 1 or plan.capacity.spot_percent > 0
    assert {*PLAIN, *MIXED} & set(inputs) == (MIXED if mixed else PLAIN)


def test_stand_ins_are_tried_in_the_order_of_the_plan() -> None:
    policy = group_of("stand-ins")["mixedInstancesPolicy"]
    overrides = policy["launchTemplate"]["overrides"]
    assert overrides == [{"instanceType": name} for name in ("g6.2xlarge", "g5.2xlarge", "g6.12xlarge")]
    assert policy["instancesDistribution"] == {
        "onDemandAllocationStrategy": "prioritized",
        "onDemandBaseCapacity": 0,
        "onDemandPercentageAboveBaseCapacity": 100,
        "spotAllocationStrategy": "capacity-optimized-prioritized",
    }


def test_a_mixed_group_follows_an_explicit_version_of_the_template() -> None:
    case = load_case("stand-ins")
    group = case.only(GROUP)
    used = group.inputs["mixedInstancesPolicy"]["launchTemplate"]["launchTemplateSpecification"]
    assert used["version"] == "1"
    assert case.only(TEMPLATE).urn in group.property_dependencies["mixedInstancesPolicy"]


def test_hosts_may_be_where_any_of_their_types_is_offered() -> None:
    asked = [
        item.args["filters"][0]["values"] for item in load_case("stand-ins").graph.invokes if item.token == OFFERINGS
    ]
    assert sorted(asked) == [["g6.2xlarge"], ["g6.2xlarge", "g5.2xlarge", "g6.12xlarge"]]


def test_spot_is_a_share_above_a_base_that_stays() -> None:
    distribution = group_of("spot")["mixedInstancesPolicy"]["instancesDistribution"]
    assert distribution["onDemandBaseCapacity"] == 1
    assert distribution["onDemandPercentageAboveBaseCapacity"] == 50


def test_reservations_come_first_and_are_the_groups() -> None:
    named, open_ones = (group_of(name)["capacityReservationSpecification"] for name in ("reservations", "elastic"))
    assert named == {
        "capacityReservationPreference": "capacity-reservations-first",
        "capacityReservationTarget": {"capacityReservationIds": [RESERVATION]},
    }
    assert open_ones == {"capacityReservationPreference": "capacity-reservations-first"}
    assert "capacityReservationSpecification" not in load_case("reservations").only(TEMPLATE).inputs


def test_hosts_of_a_capacity_block_say_so_and_are_where_it_is() -> None:
    case = load_case("block")
    template = case.only(TEMPLATE).inputs
    assert template["instanceMarketOptions"] == {"marketType": "capacity-block"}
    target = template["capacityReservationSpecification"]["capacityReservationTarget"]
    assert target == {"capacityReservationId": RESERVATION}
    assert {volume.inputs["availabilityZone"] for volume in case.graph.of_type(VOLUME)} == {"us-east-1d"}
    network = case.network.outputs
    (subnet,) = case.only(GROUP).inputs["vpcZoneIdentifiers"]
    assert dict(zip(network["private_subnet_ids"], network["zones"], strict=True))[subnet] == "us-east-1d"
    assert "capacityReservationSpecification" not in case.only(GROUP).inputs


def test_a_host_of_a_capacity_block_has_no_other_to_wait_for() -> None:
    """A block has so many machines and no more: the old host ends first."""
    inputs = group_of("block")
    preferences = inputs["instanceRefresh"]["preferences"]
    assert preferences["minHealthyPercentage"] == 50
    assert "maxHealthyPercentage" not in preferences
    assert "instanceMaintenancePolicy" not in inputs


def test_without_options_nothing_is_asked_of_capacity() -> None:
    inputs = group_of("dev")
    assert not {"mixedInstancesPolicy", "capacityReservationSpecification"} & set(inputs)
    template = load_case("dev").only(TEMPLATE).inputs
    assert not {"instanceMarketOptions", "capacityReservationSpecification"} & set(template)
