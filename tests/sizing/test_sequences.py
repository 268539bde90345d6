"""How many requests vLLM is told to run and to take in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import ConfigError
from config.models import StackConfig
from sizing.catalog import load_catalog
from sizing.choose import Demand, batch_defaults, fit_of, fit_with, launch_on
from sizing.estimate import Range
from sizing.memory import terms_of
from sizing.model_spec import ModelSpec
from sizing.plan import Plan
from sizing.planner import make_plan
from sizing.queue_bound import longest_wait_s, queue_bound
from sizing.throughput import Load, Machine, throughput_of

ConfigOf = Callable[..., StackConfig]
CATALOG = load_catalog()
MODELS = tuple(model for model in CATALOG.models if model.quantization != "bitsandbytes")
GPUS = tuple(gpu for gpu in CATALOG.gpus if gpu.compute_capability >= 8)


def value(plan: Plan, flag: str) -> int:
    return int(plan.vllm_args[plan.vllm_args.index(flag) + 1])


def demand(*, length: int, typical: int, concurrency: int, seqs: int | None = None) -> Demand:
    return Demand(
        max_model_len=length,
        concurrency=concurrency,
        typical_tokens=min(typical, length),
        gpu_memory_utilization=0.9,
        max_num_seqs=seqs,
        max_num_batched_tokens=None,
        quantization=None,
        kv_cache_dtype=None,
    )


@given(
    st.sampled_from(MODELS), st.sampled_from(GPUS), st.integers(64, 16_384), st.integers(64, 16_384), st.integers(1, 64)
)
def test_never_more_than_the_cache_holds_and_never_fewer_than_asked(
    model: object, gpu: object, length: int, typical: int, concurrency: int
) -> None:
    """And the most of those: one more would not be held, or would not help."""
    spec = next(each for each in MODELS if each == model)
    card = next(each for each in GPUS if each == gpu)
    wish = demand(length=length, typical=typical, concurrency=concurrency)
    fit = fit_of(spec, card, tensor_parallel_size=1, demand=wish)
    seqs = fit.launch.max_num_seqs
    assert seqs >= concurrency
    assert seqs <= max(fit.requests, concurrency)
    assert fit.launch.max_num_batched_tokens >= seqs
    if fit.holds and seqs < max(batch_defaults(card)[0], concurrency):
        more = launch_on(spec, card, tensor_parallel_size=1, demand=wish, max_num_seqs=seqs + 1)
        assert not fit_with(spec, more, wish).good


@given(st.sampled_from(MODELS), st.integers(1, 400), st.integers(256, 8192))
def test_the_plan_says_what_it_passes(model: object, concurrency: int, typical: int) -> None:
    spec = next(each for each in MODELS if each == model)
    serving = {"maxModelLen": 8192, "concurrency": concurrency, "typicalTokens": typical}
    if spec.max_position_embeddings < 8192:
        return
    config = StackConfig.model_validate(
        {"stack": "test", "region": "us-east-1", "model": {"id": spec.id}, "serving": serving}
    )
    try:
        plan = make_plan(config)
    except ConfigError:
        return
    seqs, bound = value(plan, "--max-num-seqs"), value(plan, "--max-num-queued-reqs")
    assert concurrency <= seqs <= plan.requests
    assert bound > seqs
    assert plan.throughput is not None
    wait_s = longest_wait_s(plan.throughput, bound=bound, max_num_seqs=seqs)
    answered_s = wait_s + plan.throughput.answer_s.high
    assert bound == seqs + 1 or answered_s <= plan.timers.idle_timeout_s, "nobody waits for an answer that is cut off"


def test_a_value_of_the_user_is_passed_as_it_is(config_of: ConfigOf) -> None:
    plan = make_plan(config_of(serving={"maxModelLen": 8192, "maxNumSeqs": 100, "maxNumBatchedTokens": 4096}))
    assert (value(plan, "--max-num-seqs"), value(plan, "--max-num-batched-tokens")) == (100, 4096)
    flags = {each.name: each for each in plan.flags}
    assert flags["--max-num-seqs"].asked
    assert flags["--max-num-seqs"].reason == "as asked"


def test_a_flag_of_the_user_replaces_the_planners(config_of: ConfigOf) -> None:
    extra = {"max-num-queued-reqs": 500, "sse-keep-alive-interval": 30}
    plan = make_plan(config_of(serving={"maxModelLen": 8192, "extraArgs": extra}))
    assert plan.vllm_args.count("--max-num-queued-reqs") == 1
    assert value(plan, "--max-num-queued-reqs") == 500
    assert plan.vllm_args.count("--sse-keep-alive-interval") == 1
    assert "--max-num-queued-reqs" not in {each.name for each in plan.flags}


def test_a_model_of_images_fetches_nothing_unless_it_is_told_from_where(config_of: ConfigOf) -> None:
    model = "Qwen/Qwen2.5-VL-7B-Instruct"
    closed = make_plan(config_of(model))
    assert "media-by-url.invalid" in closed.vllm_args
    extra = {"allowed-media-domains": ["images.example.org"]}
    opened = make_plan(config_of(model, serving={"extraArgs": extra}))
    assert "media-by-url.invalid" not in opened.vllm_args
    assert "images.example.org" in opened.vllm_args
    assert "--allowed-media-domains" not in make_plan(config_of()).vllm_args


def test_every_argument_has_a_reason(config_of: ConfigOf) -> None:
    model = {"id": "Qwen/Qwen2.5-VL-7B-Instruct", "revision": "main", "quantization": "fp8"}
    plan = make_plan(config_of(model, serving={"kvCacheDtype": "fp8"}))
    assert all(argument.reason for argument in plan.flags)
    passed = [each.name for each in plan.flags]
    assert passed == [word for word in plan.vllm_args if word.startswith("--")]


@pytest.mark.parametrize(("idle_timeout_s", "most"), [(10_000, 50 + 60), (100, 51)])
def test_the_queue_is_bounded_by_a_minute_or_by_what_is_answered_in_time(idle_timeout_s: int, most: int) -> None:
    model, gpu = MODELS[0], GPUS[0]
    launch = launch_on(model, gpu, tensor_parallel_size=1, demand=demand(length=1024, typical=512, concurrency=1))
    load = Load(running=50, prompt_tokens=100, answer_tokens=100)
    found = throughput_of(model, Machine(gpu=gpu, launch=launch, weights_gib=10.0), load=load, hourly_usd=None)
    slow = replace(found, requests_per_s=Range(low=1.0, high=2.0), answer_s=Range(low=50.0, high=99.5))
    assert queue_bound(slow, max_num_seqs=50, idle_timeout_s=idle_timeout_s) == most


@pytest.mark.parametrize("model", load_catalog().models, ids=lambda model: model.id)
def test_how_the_memory_is_divided_does_not_depend_on_the_length(model: ModelSpec) -> None:
    gpu = load_catalog().gpus[0]
    short, long = (
        launch_on(model, gpu, tensor_parallel_size=1, demand=demand(length=length, typical=16, concurrency=1))
        for length in (2048, 262_144)
    )
    assert terms_of(model, short) == terms_of(model, replace(short, max_model_len=long.max_model_len))
