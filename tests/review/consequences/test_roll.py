"""Which hosts roll, for how long, and what serves meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from review.model import Risk
from tests.review.consequences.told import PLAN, fleet, told
from tests.review.graphs import FLEET, GROUP, VOLUME, resource, root


def test_hosts_follow_a_new_version_and_capacity_stays() -> None:
    found = told(fleet("a"), fleet("b"))
    text = found["hosts-roll"].text
    assert text.startswith("Both hosts are replaced by an instance refresh, one at a time.")
    assert "5 to 20 minutes after its launch" in text
    assert "12 to 42 minutes for all" in text
    assert "capacity is never reduced" in text
    assert found["hosts-roll"].risk is Risk.MEDIUM
    assert found["no-downtime"].risk is Risk.NONE
    assert found["cache-kept"].risk is Risk.NONE


def test_tags_of_a_template_roll_nothing() -> None:
    found = told(fleet(), fleet(tags={"a": "1"}))
    assert "hosts-roll" not in found
    assert found["in-place"].risk is Risk.LOW


@pytest.mark.parametrize(
    ("hosts", "healthy", "part"),
    [
        (4, (50, 100), "2 at a time. Each serves 5 to 20 minutes after its launch"),
        (4, (50, 100), "Capacity is reduced to 2 of 4 hosts for up to 42 minutes."),
        (4, (100, 200), "4 at a time."),
        (1, (0, 100), "Nothing serves for up to 21 minutes."),
        (1, (100, 200), "The one host is replaced"),
    ],
)
def test_percentages_of_the_group_count(hosts: int, healthy: tuple[int, int], part: str) -> None:
    found = told(fleet("a", hosts=hosts, healthy=healthy), fleet("b", hosts=hosts, healthy=healthy))
    assert part in found["hosts-roll"].text


def test_the_only_host_that_ends_first_is_downtime() -> None:
    found = told(fleet("a", hosts=1, healthy=(0, 100)), fleet("b", hosts=1, healthy=(0, 100)))
    assert found["hosts-roll"].risk is Risk.HIGH
    assert found["downtime"].text == (
        "Downtime: yes. The only host ends before the new one serves, after about 20 minutes."
    )


def test_another_model_or_image_is_not_in_the_cache() -> None:
    other = {**PLAN, "model": "m/other"}
    found = told(fleet("a"), fleet("b"), plans=(PLAN, other))
    assert "15 to 20 minutes after its launch" in found["hosts-roll"].text
    assert "m/other" in found["cache-kept-in-part"].text
    image = told(fleet('IMAGE="vllm:1"\n'), fleet('IMAGE="vllm:2"\n'))
    assert "10 to 20 minutes after its launch" in image["hosts-roll"].text
    assert "this image may not be in it" in image["cache-kept-in-part"].text


def test_a_stack_without_a_plan_is_told_of_as_well() -> None:
    found = told(fleet("a"), fleet("b"), plans=({}, {}))
    assert found["hosts-roll"].text.startswith(
        "Both hosts are replaced by an instance refresh, one at a time. Each new"
    )


def test_sizes() -> None:
    more = told(fleet(hosts=2), fleet(hosts=3))
    assert more["size-minSize"].text == "At least 3 hosts run in `fleet` in place of 2."
    assert more["size-minSize"].risk is Risk.LOW
    assert told(fleet(hosts=2), fleet(hosts=1))["size-minSize"].risk is Risk.MEDIUM
    none = told(fleet(hosts=1), fleet(hosts=0))
    assert none["no-hosts"].risk is Risk.HIGH
    assert "No host is left." in none["downtime"].text


def test_a_group_that_is_replaced_leaves_nobody_to_serve() -> None:
    before = [root(), resource(GROUP, "fleet", {"name": "a"})]
    found = told(before, [root(), resource(GROUP, "fleet", {"name": "b"})])
    assert found["group-replaced"].risk is Risk.HIGH
    assert "No host of the new group serves before about 20 minutes." in found["downtime"].text


def test_containers_of_this_machine_stop_before_they_start() -> None:
    def container(image: str) -> list[dict[str, Any]]:
        type_ = "docker:index/container:Container"
        more: dict[str, Any] = {"deleteBeforeReplace": True, "replaceOnChanges": ["image"]}
        return [root(), resource(type_, "vllm", {"image": image}, **more)]

    found = told(container("a"), container("b"))
    assert found["containers-replaced"].text == "1 container on this machine stops and starts anew: `vllm`."
    assert "A container stops before the new one starts" in found["downtime"].text


def test_slots_come_grow_and_go() -> None:
    slots = [resource(VOLUME, f"slot-{number}", {"size": 100}) for number in range(3)]
    grown = [resource(VOLUME, f"slot-{number}", {"size": 200}) for number in range(3)]
    assert told(slots, grown)["cache-size"].risk is Risk.LOW
    shrunk = told(grown, slots)["cache-size"]
    assert (shrunk.risk, shrunk.text) == (Risk.HIGH, "AWS refuses it: volumes cannot shrink from 200 to 100 GiB.")
    lost = told(slots, slots[:1])["cache-lost"]
    assert lost.risk is Risk.MEDIUM
    assert "2 slots" in lost.text
    assert told(slots[:1], slots)["cache-slots"].text == "2 cache slots more; each begins empty."
    seeded = resource(VOLUME, "slot-9", {"snapshotId": "snap-1"})
    assert "as the snapshot snap-1 has it" in told(slots, [*slots, seeded])["cache-slots"].text


def test_slots_that_are_protected_or_left_are_not_lost() -> None:
    held = resource(VOLUME, "slot", {"size": 1}, protect=True)
    left = resource(VOLUME, "slot", {"size": 1}, retainOnDelete=True)
    refused = told([held], [])
    assert "cache-lost" not in refused
    assert refused["refused"].risk is Risk.HIGH
    assert "cache-lost" not in told([left], [])


def test_only_new_resources_are_no_risk_to_what_is_there() -> None:
    found = told([], [resource(FLEET, "new")])
    assert found["in-place"].text == "New resources only."
    assert found["no-downtime"].text == "Downtime: none. What is there stays as it is."
