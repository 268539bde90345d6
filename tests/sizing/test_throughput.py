"""The speed estimate against what others measured, and how it behaves."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.models import StackConfig
from sizing.catalog import Catalog, Gpu, load_catalog
from sizing.launch import Launch
from sizing.memory import weights_gib
from sizing.model_spec import ModelSpec
from sizing.plan import Throughput
from sizing.planner import make_plan
from sizing.throughput import Load, Machine, throughput_of, typical_load

ROWS = json.loads((Path(__file__).parent / "throughput_rows.json").read_text())["rows"]
CATALOG = load_catalog()
NEAR = 1.1  # a row may lie this factor outside the range: lengths and numbers running are averages there
LLAMA_8B = "meta-llama/Llama-3.1-8B-Instruct"
SHAREGPT = Load(running=128, prompt_tokens=217, answer_tokens=201)


def gpu_of(name: str, memory_gib: float) -> Gpu:
    return next(gpu for gpu in CATALOG.gpus if (gpu.name, gpu.nominal_gib) == (name, memory_gib))


def model_of(model_id: str) -> ModelSpec:
    found = CATALOG.model(model_id)
    assert found is not None
    return found


def machine_on(model: ModelSpec, gpu: Gpu, *, tp: int = 1, batched: int = 2048) -> Machine:
    launch = Launch(
        visible_gib=gpu.visible_gib,
        tensor_parallel_size=tp,
        gpu_memory_utilization=0.9,
        max_model_len=8192,
        max_num_seqs=256,
        max_num_batched_tokens=batched,
    )
    return Machine(gpu=gpu, launch=launch, weights_gib=weights_gib(model, launch))


def estimate(model_id: str, gpu: Gpu, load: Load, *, tp: int = 1, hourly_usd: float | None = None) -> Throughput:
    model = model_of(model_id)
    return throughput_of(model, machine_on(model, gpu, tp=tp), load=load, hourly_usd=hourly_usd)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['model']}-{row['gpu']}-{row['running']}")
def test_measurements_lie_in_the_range(row: dict[str, Any]) -> None:
    model, gpu = model_of(row["model"]), gpu_of(row["gpu"], row["memory_gib"])
    if row.get("unquantised"):
        model = replace(model, quantization=None)
    load = Load(running=row["running"], prompt_tokens=row["prompt"], answer_tokens=row["answer"])
    found = throughput_of(
        model, machine_on(model, gpu, tp=row["tp"], batched=row["batched"]), load=load, hourly_usd=None
    ).decode_tokens_per_s
    assert found.low / NEAR <= row["answer_tokens_per_s"] <= found.high * NEAR, row["source"]


def test_every_row_has_its_source() -> None:
    assert all(row["source"] for row in ROWS)
    assert len(ROWS) >= 12


def test_the_range_is_narrow_enough_to_plan_with() -> None:
    """At most 2.75 times from end to end where reading memory decides; 4 with kernels for experts."""
    for row in ROWS:
        load = Load(running=row["running"], prompt_tokens=row["prompt"], answer_tokens=row["answer"])
        found = estimate(row["model"], gpu_of(row["gpu"], row["memory_gib"]), load, tp=row["tp"]).decode_tokens_per_s
        assert found.high / found.low <= (4 if model_of(row["model"]).experts else 2.75), row["model"]


def test_an_8b_model_on_one_a100_does_10_to_30_requests_a_second() -> None:
    """What the page that started this project says of it, for chats of usual length."""
    found = estimate(LLAMA_8B, gpu_of("A100", 80), SHAREGPT).requests_per_s
    assert found.low <= 30
    assert found.high >= 10
    assert 10 <= (found.low * found.high) ** 0.5 <= 30


@given(st.sampled_from(["L4", "L40S", "H200"]), st.integers(1, 200), st.integers(1, 55))
def test_more_running_is_more_in_all_and_not_more_for_each(name: str, running: int, more: int) -> None:
    gpu = next(gpu for gpu in CATALOG.gpus if gpu.name == name)
    few = estimate(LLAMA_8B, gpu, replace(SHAREGPT, running=running)).decode_tokens_per_s
    many = estimate(LLAMA_8B, gpu, replace(SHAREGPT, running=running + more)).decode_tokens_per_s
    assert many.low >= few.low * 0.999
    assert many.high / (running + more) <= few.high / running


def test_the_link_between_gpus_shows() -> None:
    gpu = gpu_of("H100", 80)
    over_pcie = estimate("Qwen/Qwen3-32B", replace(gpu, nvlink=False), SHAREGPT, tp=4).decode_tokens_per_s
    assert over_pcie.high < estimate("Qwen/Qwen3-32B", gpu, SHAREGPT, tp=4).decode_tokens_per_s.high


def test_a_million_tokens_cost_what_the_hour_costs_for_the_tokens_of_an_hour() -> None:
    found = estimate(LLAMA_8B, gpu_of("L4", 24), SHAREGPT, hourly_usd=0.9776)
    assert found.usd_per_million_tokens is not None
    assert found.usd_per_million_answer_tokens is not None
    in_an_hour = found.requests_per_s.high * (217 + 201) * 3600
    assert found.usd_per_million_tokens.low == pytest.approx(0.9776 / in_an_hour * 1e6)
    assert found.usd_per_million_answer_tokens.low == pytest.approx(found.usd_per_million_tokens.low * 418 / 201)


def test_without_a_listed_price_there_is_none_for_tokens(
    config_of: Callable[..., StackConfig], catalog: Catalog
) -> None:
    unpriced = next(i.instance_type for i in catalog.instances if i.hourly_usd is None and i.gpu)
    plan = make_plan(config_of(region="us-east-2", compute={"instanceType": unpriced}))
    assert plan.throughput is not None
    assert plan.throughput.usd_per_million_tokens is None


@given(st.integers(1, 200_000))
def test_a_typical_request_is_prompt_and_answer(tokens: int) -> None:
    load = typical_load(running=1, typical_tokens=tokens)
    assert load.prompt_tokens >= 1
    assert load.answer_tokens >= 1
    assert load.prompt_tokens + load.answer_tokens == max(tokens, 2)


def test_the_plan_is_estimated_with_as_many_requests_as_it_runs(config_of: Callable[..., StackConfig]) -> None:
    plan = make_plan(config_of(serving={"maxModelLen": 8192, "typicalTokens": 1024}))
    assert plan.throughput is not None
    seqs = int(plan.vllm_args[plan.vllm_args.index("--max-num-seqs") + 1])
    assert plan.throughput.running == seqs
    assert plan.throughput.prompt_tokens + plan.throughput.answer_tokens == 1024
