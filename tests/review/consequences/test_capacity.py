"""What a change of machines and of the way to replace them means."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from review.model import Consequence, Risk
from tests.review.consequences.told import PLAN, fleet, told
from tests.review.graphs import GROUP, TEMPLATE, resource, root, urn

G6, G5 = "g6.2xlarge", "g5.2xlarge"
SPEC = {"launchTemplateId": "lt-0123456789abcdef0", "version": "1"}


def mixed(
    text: str = "a", *, types: Sequence[str] = (G6, G5), spot: int = 0, hosts: int = 2, **wishes: Any
) -> list[dict[str, Any]]:
    """A fleet whose group has a mixed-instances policy."""
    template = resource(
        TEMPLATE, "host", {"userData": text}, answered={"id": "lt-0123456789abcdef0", "latestVersion": 1}
    )
    inputs = {
        "mixedInstancesPolicy": {
            "launchTemplate": {
                "launchTemplateSpecification": SPEC,
                "overrides": [{"instanceType": each} for each in types],
            },
            "instancesDistribution": {"onDemandPercentageAboveBaseCapacity": 100 - spot},
        },
        "minSize": hosts,
        "maxSize": 4,
        "instanceRefresh": {
            "preferences": {"minHealthyPercentage": 100, "maxHealthyPercentage": 150, "skipMatching": True, **wishes}
        },
    }
    reads = {"mixedInstancesPolicy": [urn(TEMPLATE, "host")]}
    return [root(), template, resource(GROUP, "fleet", inputs, reads=reads)]


def plan(*types: str, launch_first: bool = True, bake_s: int = 0, **capacity: Any) -> Mapping[str, Any]:
    return {
        **PLAN,
        "replicas": {"min": 2, "max": 4},
        "host_types": [{"instance_type": each} for each in types or (G6,)],
        "capacity": capacity,
        "change": {"launch_first": launch_first, "bake_s": bake_s},
    }


def of_plans(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Consequence]:
    return told(fleet(), fleet(), plans=(before, after))


def test_a_spot_share_replaces_no_host() -> None:
    plans = plan(G6, G5), plan(G6, G5, spot_percent=50, on_demand_base=1)
    found = told(mixed(spot=0), mixed(spot=50), plans=plans)
    assert "hosts-roll" not in found
    assert found["spot-share"].risk is Risk.MEDIUM
    assert found["spot-share"].text == (
        "Of what is above 1 host, 50 % are spot instances: AWS may take each of them away, two minutes after it says "
        "so, and an answer that takes longer than that is cut. Hosts that run stay as they are; the next launch "
        "follows it."
    )


def test_less_spot_is_little_risk() -> None:
    found = of_plans(plan(spot_percent=50), plan())
    assert (found["spot-share"].risk, found["spot-share"].text.startswith("No new host is a spot")) == (Risk.LOW, True)
    assert of_plans(plan(spot_percent=50), plan(spot_percent=20))["spot-share"].risk is Risk.LOW


def test_types_roll_the_fleet_because_hosts_must_know_their_flags() -> None:
    found = told(mixed("a", types=(G6,)), mixed("b", types=(G6, G5)), plans=(plan(G6), plan(G6, G5)))
    assert "hosts-roll" in found
    assert found["types-added"].text == (
        "When AWS has no `g6.2xlarge`, hosts may also be `g5.2xlarge`, each with flags of its own. All hosts learn of "
        "it: they are replaced, see above."
    )


def test_a_type_that_goes_leaves_fewer_places_to_look() -> None:
    found = told(mixed("a"), mixed("b", types=(G6,)), plans=(plan(G6, G5), plan(G6)))
    assert found["types-gone"].risk is Risk.MEDIUM
    assert found["types-gone"].text.startswith("Hosts are no longer `g5.2xlarge`: where AWS is out of `g6.2xlarge`")


def test_hosts_of_a_type_that_goes_are_replaced_also_without_a_new_template() -> None:
    assert "hosts-roll" in told(mixed(types=(G6, G5)), mixed(types=(G6,)))
    assert "hosts-roll" not in told(mixed(types=(G6,)), mixed(types=(G6, G5)))
    assert "hosts-roll" in told(mixed(types=(G6,), skipMatching=False), mixed(types=(G6, G5), skipMatching=False))


def test_another_order_is_for_the_next_launch() -> None:
    third = "g6e.2xlarge"
    found = told(
        mixed(types=(G6, G5, third)), mixed(types=(G6, third, G5)), plans=(plan(G6, G5, third), plan(G6, third, G5))
    )
    assert "hosts-roll" not in found
    assert found["types-order"].text.startswith("AWS is asked for `g6.2xlarge`, `g6e.2xlarge` and `g5.2xlarge` in this")


def test_a_template_moves_into_a_policy_in_place() -> None:
    alone = fleet()
    alone[2]["inputs"]["launchTemplate"] = {"id": "lt-0123456789abcdef0", "version": "1"}
    found = told(alone, mixed(types=(G6,), spot=50), plans=(plan(), plan(spot_percent=50)))
    assert found["mixed-policy"].text == (
        "`fleet` names its launch template in a mixed instances policy from now on: the group is changed in place. "
        "No host is replaced for that."
    )
    back = told(mixed(types=(G6,)), alone)
    assert "its launch template alone from now on" in back["mixed-policy"].text


def test_reservations_are_used_by_the_next_launch() -> None:
    found = of_plans(plan(), plan(reservation_ids=["cr-0123456789abcdef0"]))["reservations"]
    assert (found.risk, "`cr-0123456789abcdef0` used first" in found.text) == (Risk.LOW, True)
    assert "open used first" in of_plans(plan(), plan(open_reservations=True))["reservations"].text


def test_a_block_ends() -> None:
    found = of_plans(plan(), plan(block_id="cr-1", block_zone="us-east-1a"))["capacity-block"]
    assert found.risk is Risk.HIGH
    assert "in us-east-1a alone" in found.text
    assert of_plans(plan(block_id="cr-1"), plan())["capacity-block"].risk is Risk.MEDIUM


def test_the_order_of_launch_and_end() -> None:
    found = of_plans(plan(), plan(launch_first=False))["terminates-first"]
    assert (found.risk, found.text.endswith("one host fewer serves while it boots.")) == (Risk.MEDIUM, True)
    one = {**plan(launch_first=False), "replicas": {"min": 1, "max": 1}}
    assert of_plans(plan(), one)["terminates-first"].risk is Risk.HIGH
    assert of_plans(plan(launch_first=False), plan())["launches-first"].risk is Risk.LOW


def test_how_long_alarms_watch() -> None:
    found = of_plans(plan(), plan(bake_s=600))["bake"]
    assert found.text == (
        "On a change a refresh waits for 10 minutes after each new host, in which alarms may call it back."
    )
    assert of_plans(plan(bake_s=600), plan())["bake"].risk is Risk.MEDIUM


def test_a_roll_that_bakes_takes_longer_and_alarms_may_end_it() -> None:
    wishes: dict[str, Any] = {
        "instanceWarmup": "660",
        "checkpointPercentages": [50, 100],
        "checkpointDelay": "600",
        "alarmSpecification": {"alarms": ["a"]},
    }
    text = told(mixed("a", **wishes), mixed("b", **wishes))["hosts-roll"].text
    assert "42 to 72 minutes for all" in text
    assert text.endswith("A refresh that fails or that an alarm calls back rolls back.")


def test_one_fewer_serves_where_no_maximum_is_said() -> None:
    before, after = (mixed(text, minHealthyPercentage=75, maxHealthyPercentage=None) for text in "ab")
    assert "Capacity is reduced to 1 of 2 hosts" in told(before, after)["hosts-roll"].text


@pytest.mark.parametrize("plans", [(PLAN, PLAN), ({}, {}), ({}, PLAN)])
def test_plans_of_an_older_program_say_nothing(plans: tuple[Mapping[str, Any], Mapping[str, Any]]) -> None:
    found = told(fleet(), fleet(), plans=plans)
    assert not {"spot-share", "types-added", "terminates-first", "bake", "capacity-block"} & set(found)
