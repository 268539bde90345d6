"""Weights are read ahead where the host's memory holds them, and the slot is as fast as that needs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from config.models import StackConfig
from sizing.loading import loader_mibps
from sizing.plan import Plan
from sizing.planner import make_plan

ConfigOf = Callable[..., StackConfig]
FLAG = "--safetensors-load-strategy"


def strategy(plan: Plan) -> str | None:
    arguments = list(plan.vllm_args)
    return arguments[arguments.index(FLAG) + 1] if FLAG in arguments else None


def test_files_that_fit_into_memory_are_read_ahead(config_of: ConfigOf) -> None:
    roomy, tight = (
        make_plan(config_of(compute={"instanceType": f"g6.{size}"}))  # 15 GiB of files; 32 and 16 GiB of memory
        for size in ("2xlarge", "xlarge")
    )
    assert strategy(roomy) == "prefetch"
    assert strategy(tight) is None
    assert [flag.reason for flag in roomy.flags if flag.name == FLAG] != [""]


@pytest.mark.parametrize(
    ("extra", "passed"),
    [({"safetensors-load-strategy": "eager"}, "eager"), ({"load-format": "runai_streamer"}, None)],
)
def test_a_loader_of_the_users_own_is_left_alone(
    config_of: ConfigOf, extra: dict[str, str], passed: str | None
) -> None:
    plan = make_plan(config_of(serving={"extraArgs": extra}))
    assert strategy(plan) == passed
    assert plan.vllm_args.count(FLAG) == (passed is not None)


def test_reading_ahead_makes_loading_as_fast_as_the_disk(config_of: ConfigOf) -> None:
    asked = {"instanceType": "g7e.4xlarge"}
    ahead, mapped = (
        make_plan(config_of("Qwen/Qwen3-32B", compute=asked, serving={"extraArgs": extra}))
        for extra in ({}, {"safetensors-load-strategy": "lazy"})
    )
    assert dict(ahead.cold_start.phases)["load"] < dict(mapped.cold_start.phases)["load"] / 2
    assert mapped.cache.throughput_mibps == 300  # more would be paid for and not used
    assert ahead.cache.throughput_mibps == 950  # what the EBS link of the type carries


def test_processes_that_map_are_faster_together() -> None:
    assert loader_mibps(gpus=1, prefetch=False) == 300
    assert loader_mibps(gpus=8, prefetch=True) == 2400
