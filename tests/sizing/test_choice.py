"""The choice among machines: never dearer than it must be, in a fixed order, legal, and with stand-ins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from config.errors import ConfigError
from config.models import StackConfig
from sizing.catalog import Catalog, load_catalog
from sizing.checks import demand_of
from sizing.choose import fit_with, launch_on, vcpu_floor
from sizing.groups import group_size
from sizing.launch import Launch
from sizing.model_spec import ModelSpec
from sizing.one_machine import Question, answer
from sizing.parallel import objections, valid_sizes
from sizing.plan import Plan
from sizing.planner import make_plan

ConfigOf = Callable[..., StackConfig]
CATALOG = load_catalog()
SERVED = tuple(model.id for model in CATALOG.models if model.quantization != "bitsandbytes")


def spec(model_id: str) -> ModelSpec:
    found = CATALOG.model(model_id)
    assert found is not None
    return found


@st.composite
def configs(draw: DrawFn) -> StackConfig:
    length = draw(st.integers(256, 32_768))
    serving = {
        "maxModelLen": length,
        "typicalTokens": draw(st.integers(64, length)),
        "concurrency": draw(st.integers(1, 200)),
        "gpuMemoryUtilization": draw(st.sampled_from([0.85, 0.9, 0.92])),
    }
    return StackConfig.model_validate(
        {"stack": "test", "region": "us-east-1", "model": {"id": draw(st.sampled_from(SERVED))}, "serving": serving}
    )


def planned(config: StackConfig) -> Plan | None:
    try:
        return make_plan(config)
    except ConfigError:
        return None


def flags_of(plan: Plan) -> dict[str, str]:
    return {argument.name: argument.value for argument in plan.flags if argument.value is not None}


@given(configs(), st.sampled_from(CATALOG.instances))
def test_the_choice_is_never_dearer_than_a_fitting_alternative(config: StackConfig, cheap: object) -> None:
    """By hand, without the planner's own search: any cheaper type, at any size it may share the model in."""
    plan, model = planned(config), spec(config.model.id)
    instance = next(i for i in CATALOG.instances if i == cheap)
    if plan is None or instance.gpu is None or instance.hourly_usd is None:
        return
    chosen = CATALOG.instance(plan.instance_type)
    assert chosen is not None
    demand = demand_of(config, model)
    tp = max(valid_sizes(model, limit=instance.gpu_count))
    launch = launch_on(model, instance.gpu, tensor_parallel_size=tp, demand=demand, max_num_seqs=demand.concurrency)
    may = (
        instance.vcpus >= vcpu_floor(tp)
        and instance.gpu.compute_capability >= 8.0
        and not instance.instance_type.endswith(".metal")
        and CATALOG.offerings.zone_count(instance.instance_type, region="us-east-1")
    )
    if may and instance.hourly_usd < (chosen.hourly_usd or 0):
        assert not fit_with(model, launch, demand).holds or plan_floor(model) > instance.gpu.compute_capability


def plan_floor(model: ModelSpec) -> float:
    from sizing.capability import floor_of
    from sizing.flags import pinned_flags

    return floor_of(model, quantization=None, flags=pinned_flags()).capability


@given(configs())
def test_a_plan_passes_its_own_size(config: StackConfig) -> None:
    """``ops size`` with the plan's machine and flags says the same and says that it fits."""
    plan = planned(config)
    if plan is None:
        return
    flags, instance = flags_of(plan), CATALOG.instance(plan.instance_type)
    assert instance is not None
    question = Question(
        gpu=instance.whole_gpu,
        tensor_parallel_size=int(flags["--tensor-parallel-size"]),
        max_model_len=int(flags["--max-model-len"]),
        gpu_memory_utilization=float(flags["--gpu-memory-utilization"]),
        dtype=flags.get("--dtype", "auto"),
        max_num_seqs=int(flags["--max-num-seqs"]),
        max_num_batched_tokens=int(flags["--max-num-batched-tokens"]),
    )
    found = answer(spec(config.model.id), question)
    assert found.fits
    assert found.memory == plan.memory
    assert found.max_concurrency == plan.max_concurrency


@given(configs())
def test_what_was_searched_with_is_what_is_shown(config: StackConfig) -> None:
    """The search shares results between lengths; the memory shown is that of the flags passed."""
    plan, model = planned(config), spec(config.model.id)
    if plan is None:
        return
    instance, flags = CATALOG.instance(plan.instance_type), flags_of(plan)
    assert instance is not None
    demand = demand_of(config, model)
    launch = launch_on(
        model,
        instance.whole_gpu,
        tensor_parallel_size=plan.tensor_parallel_size,
        demand=demand,
        max_num_seqs=int(flags["--max-num-seqs"]),
    )
    fit = fit_with(model, launch, demand)
    assert fit.terms.kv_cache_gib == fit.memory.kv_cache_gib == plan.memory.kv_cache_gib
    assert fit.holds


def test_among_equal_prices_and_gpus_the_newest_gpu_wins(config_of: ConfigOf, catalog: Catalog) -> None:
    level = tuple(replace(i, hourly_usd=1.0) for i in catalog.instances if i.gpu_count == 1)
    plan = make_plan(config_of(), replace(catalog, instances=level))
    newest = max(i.whole_gpu.compute_capability for i in level if i.gpu)
    assert catalog.instance(plan.instance_type).whole_gpu.compute_capability == newest  # type: ignore[union-attr]


def test_the_order_of_the_catalogue_does_not_matter(config_of: ConfigOf, catalog: Catalog) -> None:
    backwards = replace(catalog, instances=tuple(reversed(catalog.instances)))
    assert make_plan(config_of(), backwards) == make_plan(config_of(), catalog)


@pytest.mark.parametrize(
    ("model", "quantization", "tp", "legal"),
    [
        ("Qwen/Qwen3-30B-A3B-Instruct-2507-FP8", None, 2, True),
        ("Qwen/Qwen3-30B-A3B-Instruct-2507-FP8", None, 4, False),  # 768 / 4 = 192 is no multiple of 128
        ("Qwen/Qwen3-235B-A22B-FP8", None, 4, True),
        ("Qwen/Qwen3-235B-A22B-FP8", None, 8, False),  # 1536 / 8 = 192: known to fail
        ("Qwen/Qwen3-30B-A3B", None, 4, True),
        ("Qwen/Qwen3-30B-A3B", "fp8", 4, True),  # one scale per tensor
        ("Qwen/Qwen3-30B-A3B", "fp8_per_block", 4, False),
        ("hugging-quants/Meta-Llama-3.1-70B-Instruct-AWQ-INT4", None, 8, True),
        ("Qwen/Qwen1.5-7B-Chat-GPTQ-Int4", None, 2, True),  # 11008 / 2 = 43 x 128
        ("Qwen/Qwen1.5-7B-Chat-GPTQ-Int4", None, 4, False),
        ("meta-llama/Llama-3.1-70B-Instruct", None, 3, False),
    ],
)
def test_which_sizes_share_a_model(model: str, quantization: str | None, tp: int, legal: bool) -> None:
    found = objections(spec(model), tp, quantization=quantization)
    assert (found == ()) is legal, found


def test_a_cut_group_is_explained(problems_of: Callable[..., tuple[object, ...]]) -> None:
    (problem,) = problems_of("Qwen/Qwen3-235B-A22B-FP8", compute={"tensorParallel": 8})
    assert "192, which its quantised groups of 128 do not divide" in problem.message  # type: ignore[attr-defined]
    assert "1, 2, 4" in problem.allowed  # type: ignore[attr-defined]


def test_formats_without_groups_have_none() -> None:
    assert group_size(spec("openai/gpt-oss-20b"), quantization=None) is None
    assert group_size(spec("RedHatAI/Llama-3.3-70B-Instruct-FP8-dynamic"), quantization=None) is None


def test_stand_ins_hold_what_is_asked_with_the_flags_named(config_of: ConfigOf) -> None:
    config = config_of(serving={"maxModelLen": 8192, "concurrency": 8, "typicalTokens": 2048})
    plan, model = make_plan(config), spec(config.model.id)
    demand = demand_of(config, model)
    assert len(plan.equivalents) >= 4
    assert any(each.same_flags for each in plan.equivalents)
    assert [e.hourly_usd for e in plan.equivalents] == sorted(e.hourly_usd for e in plan.equivalents)
    for each in plan.equivalents:
        instance = CATALOG.instance(each.instance_type)
        assert instance is not None
        assert each.same_flags is (each.vllm_args == plan.vllm_args)
        assert fit_with(model, launch_of(each.vllm_args, visible_gib=instance.whole_gpu.visible_gib), demand).holds


def launch_of(arguments: tuple[str, ...], *, visible_gib: float) -> Launch:
    value = dict(pairwise(arguments[1:]))
    return Launch(
        visible_gib=visible_gib,
        tensor_parallel_size=int(value["--tensor-parallel-size"]),
        gpu_memory_utilization=float(value["--gpu-memory-utilization"]),
        max_model_len=int(value["--max-model-len"]),
        max_num_seqs=int(value["--max-num-seqs"]),
        max_num_batched_tokens=int(value["--max-num-batched-tokens"]),
        dtype=value.get("--dtype", "auto"),
    )


def test_a_stand_in_that_needs_them_has_flags_of_its_own(config_of: ConfigOf) -> None:
    plan = make_plan(config_of("Qwen/Qwen3-32B", serving={"maxModelLen": 8192}))
    own = [each for each in plan.equivalents if not each.same_flags]
    assert own
    assert all(each.vllm_args[0] == plan.vllm_args[0] for each in own)
    assert any(each.tensor_parallel_size != plan.tensor_parallel_size for each in own)
