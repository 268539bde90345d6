"""The plan as plain data and as a page."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.models import StackConfig
from sizing.explain import TIMER_WORDS, explain
from sizing.plan import Memory, Timers
from sizing.plan_view import memory_dict, plan_dict, whole_plan_dict
from sizing.planner import make_plan

ConfigOf = Callable[..., StackConfig]

KEYS = {
    "stack",
    "model",
    "instance_type",
    "gpu",
    "gpus_per_replica",
    "tensor_parallel_size",
    "pipeline_parallel_size",
    "vllm_args",
    "memory",
    "max_concurrency",
    "replicas",
    "cost",
    "cold_start_s",
    "timers",
    "findings",
    "throughput",
    "host_types",
    "capacity",
    "scaling",
    "change",
}
MORE = {
    "typical_tokens",
    "typical_concurrency",
    "kv_cache_band_gib",
    "flags",
    "alternatives",
    "rejected",
    "equivalents",
}


def test_the_keys_are_the_contract_and_what_else_the_page_shows(config_of: ConfigOf) -> None:
    plan = plan_dict(make_plan(config_of()))
    assert set(plan) == KEYS
    assert set(whole_plan_dict(make_plan(config_of()))) == KEYS | MORE
    assert set(plan["memory"]) == {
        "total_gib",
        "usable_gib",
        "weights_gib",
        "activation_gib",
        "overhead_gib",
        "kv_cache_gib",
        "kv_cache_tokens",
        "kv_bytes_per_token",
    }
    assert set(plan["replicas"]) == {"min", "max", "most"}
    assert set(plan["cost"]) == {"hourly_usd", "monthly_usd", "items"}
    assert set(plan["findings"][0]) == {"level", "id", "message"}
    assert plan["cold_start_s"]["total"] == sum(s for name, s in plan["cold_start_s"].items() if name != "total")


def test_it_is_plain_data(config_of: ConfigOf) -> None:
    plan = whole_plan_dict(make_plan(config_of()))
    assert json.loads(json.dumps(plan)) == plan


def test_estimates_are_ranges_that_contain_something(config_of: ConfigOf) -> None:
    found = plan_dict(make_plan(config_of()))["throughput"]
    ranges = {name: value for name, value in found.items() if isinstance(value, dict)}
    assert set(ranges) == {
        "requests_per_s",
        "decode_tokens_per_s",
        "first_token_s",
        "answer_s",
        "usd_per_million_tokens",
        "usd_per_million_answer_tokens",
    }
    assert all(0 < value["low"] < value["high"] for value in ranges.values())


@given(st.lists(st.floats(0.001, 90), min_size=4, max_size=4), st.floats(0.1, 1))
def test_rounded_terms_still_add_up(terms: list[float], share: float) -> None:
    total, weights, activation, overhead = terms
    memory = Memory(
        total_gib=total,
        usable_gib=total * share,
        weights_gib=weights,
        activation_gib=activation,
        overhead_gib=overhead,
        kv_cache_gib=total * share - weights - activation - overhead,
        kv_cache_tokens=0,
        kv_bytes_per_token=1,
    )
    shown = memory_dict(memory)
    spent = shown["weights_gib"] + shown["activation_gib"] + shown["overhead_gib"]
    assert shown["usable_gib"] - spent == pytest.approx(shown["kv_cache_gib"], abs=1e-9)


def test_the_page_says_what_was_asked_and_what_follows(config_of: ConfigOf) -> None:
    config = config_of(serving={"maxModelLen": 8192, "concurrency": 3})
    plan = make_plan(config)
    page = explain(config, plan)
    for words in (
        "test: meta-llama/Llama-3.1-8B-Instruct on g6.2xlarge",
        "at least 3 requests of 8,192 tokens",
        "too small: 15.0 GiB of weights",
        "24% dearer",
        "KV cache",
        "vllm serve meta-llama/Llama-3.1-8B-Instruct\n",
        "--max-model-len 8192",
        f"{plan.cost.monthly_usd:,.2f} USD a month",
        "boot deadline",
        "unpinned-ami",
    ):
        assert words in page


def test_the_page_fits_a_screen_and_has_no_trailing_blanks(config_of: ConfigOf) -> None:
    config = config_of("meta-llama/Llama-3.1-70B-Instruct", region="eu-west-1")
    lines = explain(config, make_plan(config)).splitlines()
    assert max(map(len, lines)) <= 120
    assert not [line for line in lines if line != line.rstrip()]


def test_every_timer_is_explained() -> None:
    thresholds = {"healthy_threshold", "unhealthy_threshold"}
    assert {field.name for field in fields(Timers)} == set(TIMER_WORDS) | thresholds


def test_a_machine_that_was_asked_for_is_shown_as_such(config_of: ConfigOf) -> None:
    config = config_of(compute={"instanceType": "g5.2xlarge"})
    assert "g5.2xlarge, as asked" in explain(config, make_plan(config))
