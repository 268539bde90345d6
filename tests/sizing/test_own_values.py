"""What the user's own values cost, and what would help, is said where it is so and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from config.models import StackConfig
from sizing import margin
from sizing.plan import Finding, Plan
from sizing.planner import make_plan

ConfigOf = Callable[..., StackConfig]
LLAMA_70B = "meta-llama/Llama-3.1-70B-Instruct"
USUAL = {"maxModelLen": 8192, "typicalTokens": 2048}


def finding(plan: Plan, ident: str) -> Finding | None:
    return next((each for each in plan.findings if each.id == ident), None)


def test_nothing_is_said_of_what_was_not_asked(config_of: ConfigOf) -> None:
    plan = make_plan(config_of(serving=USUAL))
    assert not [each.id for each in plan.findings if each.id.startswith("own-")]


@pytest.mark.parametrize(
    ("serving", "ident", "level", "words"),
    [
        ({"maxNumSeqs": 200}, "own-max-num-seqs", "WARNING", "the planner would take"),
        ({"maxNumSeqs": 4}, "own-max-num-seqs", "INFO", "times the tokens per second"),
        ({"maxNumBatchedTokens": 8192}, "own-max-num-batched-tokens", "INFO", "tokens less of cache, faster prompts"),
        ({"gpuMemoryUtilization": 0.88}, "own-gpu-memory-utilization", "INFO", "tokens less of cache"),
        ({"gpuMemoryUtilization": 0.97}, "own-gpu-memory-utilization", "WARNING", "may be too little"),
        ({"kvCacheDtype": "fp8"}, "own-kv-cache-dtype", "INFO", "answers may differ"),
        ({"extraArgs": {"enforce-eager": True}}, "own-enforce-eager", "INFO", "without CUDA graphs"),
        ({"extraArgs": {"max-num-queued-reqs": 8}}, "own-max-num-queued-reqs", "WARNING", "never more than these run"),
        ({"extraArgs": {"sse-keep-alive-interval": 0}}, "own-sse-keep-alive-interval", "WARNING", "cut by the load"),
    ],
)
def test_what_an_own_value_costs(
    config_of: ConfigOf, serving: dict[str, Any], ident: str, level: str, words: str
) -> None:
    found = finding(make_plan(config_of(serving=USUAL | serving)), ident)
    assert found is not None
    assert found.level == level
    assert words in found.message


@pytest.mark.parametrize(
    "serving",
    [
        {"gpuMemoryUtilization": 0.9},
        {"maxNumBatchedTokens": 2048},
        {"kvCacheDtype": "auto"},
        {"extraArgs": {"max-num-queued-reqs": 64, "sse-keep-alive-interval": 20}},
    ],
)
def test_the_planners_own_value_costs_nothing(config_of: ConfigOf, serving: dict[str, Any]) -> None:
    plan = make_plan(config_of(serving=USUAL | serving))
    assert not [each.message for each in plan.findings if each.id.startswith("own-max") or "utilization" in each.id]


def test_a_dearer_machine_that_was_asked_for_is_said_to_be_one(config_of: ConfigOf) -> None:
    found = finding(
        make_plan(config_of(serving=USUAL, compute={"instanceType": "g6e.2xlarge"})), "own-machine-is-dearer"
    )
    assert found is not None
    assert "g6.2xlarge (1 x L4) holds it too, for 0.9776" in found.message
    assert finding(make_plan(config_of(compute={"instanceType": "g6.2xlarge"})), "own-machine-is-dearer") is None


def test_smaller_weights_that_were_asked_for_are_weighed(config_of: ConfigOf) -> None:
    model = {"id": "meta-llama/Llama-3.1-8B-Instruct", "quantization": "fp8"}
    native = finding(make_plan(config_of(model, serving=USUAL, compute={"gpu": "L4"})), "own-quantization")
    converted = finding(make_plan(config_of(model, serving=USUAL, compute={"gpu": "A10G"})), "own-quantization")
    assert native is not None
    assert converted is not None
    assert "GiB of weights per GPU in place of 15.0" in native.message
    assert "no faster" not in native.message
    assert "A10G does not compute in FP8" in converted.message


def test_the_length_of_requests_matters_where_nothing_is_said_of_it(config_of: ConfigOf) -> None:
    found = finding(make_plan(config_of(serving={"maxModelLen": 8192})), "typical-tokens-not-set")
    assert found is not None
    assert found.level == "WARNING"
    assert "typicalTokens: 1024" in found.message
    planned = finding(make_plan(config_of(serving={"maxModelLen": 8192, "concurrency": 2})), "typical-tokens-not-set")
    assert planned is not None
    assert planned.level == "INFO"
    assert finding(make_plan(config_of(serving=USUAL)), "typical-tokens-not-set") is None


def test_tensor_parallelism_without_nvlink_is_a_warning(config_of: ConfigOf) -> None:
    over_pcie = finding(make_plan(config_of(LLAMA_70B, compute={"gpu": "L40S"})), "tensor-parallel-over-pcie")
    assert over_pcie is not None
    assert over_pcie.level == "WARNING"
    assert "%" in over_pcie.message
    for compute in ({"gpu": "A100"}, {"gpu": "RTX PRO Server 6000", "tensorParallel": 2}):
        plan = make_plan(config_of(LLAMA_70B, compute=compute))
        assert (finding(plan, "tensor-parallel-over-pcie") is None) is (plan.gpu == "A100")


def test_a_smaller_format_is_offered_where_it_saves_money(config_of: ConfigOf) -> None:
    plan = make_plan(config_of(LLAMA_70B, serving=USUAL))
    found = finding(plan, "fp8-would-be-cheaper")
    assert found is not None
    cheaper = make_plan(config_of({"id": LLAMA_70B, "quantization": "fp8"}, serving=USUAL))
    assert cheaper.cost.hourly_usd < plan.cost.hourly_usd
    assert finding(cheaper, "fp8-would-be-cheaper") is None


def test_a_smaller_cache_is_offered_where_the_cache_is_the_limit(config_of: ConfigOf) -> None:
    plan = make_plan(config_of(serving=USUAL))
    found = finding(plan, "fp8-cache-would-hold-more")
    assert found is not None
    smaller = make_plan(config_of(serving=USUAL | {"kvCacheDtype": "fp8"}))
    assert smaller.requests > 1.9 * plan.requests
    assert finding(make_plan(config_of(serving=USUAL | {"typicalTokens": 100})), "fp8-cache-would-hold-more") is None


def test_a_margin_inside_the_error_band_is_a_warning(config_of: ConfigOf, monkeypatch: pytest.MonkeyPatch) -> None:
    config = config_of(serving={"maxModelLen": 8192, "concurrency": 4})
    monkeypatch.setattr(margin, "kv_band_gib", lambda *_: 0.0)
    assert finding(make_plan(config), "margin-inside-error-band") is None
    monkeypatch.setattr(margin, "kv_band_gib", lambda *_: 1.0)
    found = finding(make_plan(config), "margin-inside-error-band")
    assert found is not None
    assert found.level == "WARNING"
    assert "fewer requests than asked" in found.message
    monkeypatch.setattr(margin, "kv_band_gib", lambda *_: 30.0)
    refused = finding(make_plan(config), "margin-inside-error-band")
    assert refused is not None
    assert "refuse to start" in refused.message


def test_images_and_video_take_memory_that_can_be_had_back(config_of: ConfigOf) -> None:
    plan = make_plan(config_of("Qwen/Qwen2.5-VL-7B-Instruct", serving=USUAL))
    assert finding(plan, "multimodal-memory") is not None
    assert finding(plan, "media-by-url-is-refused") is not None
    assert finding(make_plan(config_of(serving=USUAL)), "multimodal-memory") is None
