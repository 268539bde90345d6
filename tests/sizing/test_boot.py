"""Cache slots and the cold start that follows from them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config.models import StackConfig
from sizing.cold_start import engine_start_s
from sizing.planner import make_plan

ConfigOf = Callable[..., StackConfig]


@pytest.mark.parametrize(
    ("replicas", "zones", "slots"),
    [({"min": 1}, 1, 2), ({"min": 1, "max": 2}, 2, 2), ({"min": 2, "max": 5}, 2, 4), ({"min": 4}, 2, 3)],
)
def test_slots_for_every_replica_and_one_more(
    config_of: ConfigOf, replicas: dict[str, int], zones: int, slots: int
) -> None:
    cache = make_plan(config_of(scaling=replicas)).cache
    assert (cache.zones, cache.slots_per_zone) == (zones, slots)


def test_a_slot_holds_two_revisions_two_images_and_the_compile_cache(config_of: ConfigOf) -> None:
    assert make_plan(config_of()).cache.size_gib == 100  # 2 x 15 + 2 x 30 + 10
    assert make_plan(config_of(cache={"sizeGib": 200})).cache.size_gib == 200


@pytest.mark.parametrize(
    "model", ["Qwen/Qwen3-0.6B", "meta-llama/Llama-3.1-8B-Instruct", "meta-llama/Llama-3.1-70B-Instruct"]
)
def test_a_slot_is_within_what_gp3_offers(config_of: ConfigOf, model: str) -> None:
    cache = make_plan(config_of(model)).cache
    assert 125 <= cache.throughput_mibps <= 2000
    assert 3000 <= cache.iops <= 80_000
    assert cache.throughput_mibps <= cache.iops * 0.25  # MiB/s per operation that gp3 carries


def test_a_slot_is_no_faster_than_the_machine_can_use(config_of: ConfigOf) -> None:
    small = make_plan(config_of("Qwen/Qwen3-32B", compute={"gpu": "L40S"}, serving={"gpuMemoryUtilization": 0.95}))
    alone = make_plan(config_of("Qwen/Qwen3-32B", compute={"instanceType": "g7e.2xlarge"}))
    assert alone.cache.throughput_mibps <= 1000
    assert small.cache.throughput_mibps <= 300 * small.gpus_per_replica


def test_phases_are_in_the_order_of_the_boot_and_add_up(config_of: ConfigOf) -> None:
    start = make_plan(config_of()).cold_start
    names = [name for name, _ in start.phases]
    assert names == ["instance", "cache_slot", "secrets", "image", "download", "load", "engine", "probe"]
    assert start.total == sum(seconds for _, seconds in start.phases)
    assert engine_start_s(start) < start.total


def test_a_host_knows_how_much_room_the_model_takes(config_of: ConfigOf) -> None:
    assert make_plan(config_of()).checkpoint_gib == 15  # 16.06 GB of files
    assert make_plan(config_of("Qwen/Qwen3-0.6B")).checkpoint_gib == 2


def test_a_larger_model_boots_longer(config_of: ConfigOf) -> None:
    small, large = (
        make_plan(config_of(f"meta-llama/Llama-3.1-{size}-Instruct")).cold_start.total for size in ("8B", "70B")
    )
    assert large > small


def test_without_graphs_the_engine_starts_sooner(config_of: ConfigOf) -> None:
    usual, eager = (
        dict(make_plan(config_of(serving={"extraArgs": extra})).cold_start.phases)["engine"]
        for extra in ({}, {"enforce-eager": True})
    )
    assert eager < usual
