"""Slots and hosts share their zones, also when AWS offers a type elsewhere since the slots were made."""

from __future__ import annotations

from rehearsal.graph.model import Graph
from tests.components.aws.recording import record

PROGRAM = """
    from dataclasses import replace

    import pulumi

    from components.aws.cache_pool import CachePool, CachePoolArgs
    from components.aws.naming import Tags
    from components.aws.network import Network, NetworkArgs
    from components.aws.placement import fleet_subnets, slot_zones
    from tests.userdata.builders import make_plan

    tags = Tags(stack="test")
    plan = make_plan()
    plan = replace(plan, cache=replace(plan.cache, zones={count}))
    args = NetworkArgs(
        cidr="10.42.0.0/16",
        zones=["us-east-1a", "us-east-1b", "us-east-1c"],
        zones_are_pinned=True,
        nat="single",
        region="us-east-1",
        tags=tags,
    )
    network = Network("vllm", args)
    offered = {offered}
    zones = slot_zones(network=network, plan=plan, offered=offered)
    pool = CachePoolArgs(
        pool=plan.cache, zones={made_in} or zones, snapshot_id=None, size_is_set=True, protect=False, tags=tags
    )
    pulumi.export("chosen", zones)
    pulumi.export("private", network.private_subnet_ids)
    cache = CachePool("vllm-cache", pool)
    pulumi.export("hosts", fleet_subnets(network=network, cache=cache, plan=plan, offered=offered))
"""


def place(*, offered: str, count: int, made_in: list[str] | None = None) -> Graph:
    zones = [f"us-east-1{letter}" for letter in offered]
    return record(PROGRAM.format(offered=zones, count=count, made_in=made_in))


def test_slots_and_hosts_are_where_the_type_is_offered() -> None:
    outputs = place(offered="cb", count=2).stack.outputs
    assert outputs["chosen"] == ["us-east-1b", "us-east-1c"]
    assert outputs["hosts"] == outputs["private"][1:]


def test_hosts_stay_with_their_slots_when_the_type_is_offered_in_another_zone_later() -> None:
    """The engine keeps the zone of a slot that is there, whatever would be chosen now."""
    outputs = place(offered="ab", count=1, made_in=["us-east-1b"]).stack.outputs
    assert outputs["chosen"] == ["us-east-1a"]
    assert outputs["hosts"] == [outputs["private"][1]]
