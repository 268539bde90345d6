"""Which machine is chosen, and that the plan for it holds together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from config.errors import ConfigError
from config.models import StackConfig
from sizing.catalog import Catalog, load_catalog
from sizing.checks import demand_of
from sizing.choose import vcpu_floor
from sizing.plan import Plan
from sizing.planner import make_plan

ConfigOf = Callable[..., StackConfig]

CATALOG = load_catalog()
SERVED = tuple(model.id for model in CATALOG.models if model.quantization != "bitsandbytes")


def plan_or_none(config: StackConfig) -> Plan | None:
    try:
        return make_plan(config)
    except ConfigError:
        return None


def hourly_usd(plan: Plan) -> float:
    instance = CATALOG.instance(plan.instance_type)
    assert instance is not None
    assert instance.hourly_usd is not None
    return instance.hourly_usd


@st.composite
def configs(draw: DrawFn) -> StackConfig:
    serving = {
        "maxModelLen": draw(st.integers(128, 32_768)),
        "concurrency": draw(st.integers(1, 300)),
        "gpuMemoryUtilization": draw(st.sampled_from([0.8, 0.9, 0.92])),
    }
    return StackConfig.model_validate(
        {"stack": "test", "region": "us-east-1", "model": {"id": draw(st.sampled_from(SERVED))}, "serving": serving}
    )


def test_the_dev_stack_is_an_l4(config_of: ConfigOf) -> None:
    plan = make_plan(config_of(serving={"maxModelLen": 8192}))
    assert (plan.instance_type, plan.gpu, plan.tensor_parallel_size) == ("g6.2xlarge", "L4", 1)
    assert plan.memory.weights_gib == pytest.approx(14.99, abs=0.01)
    assert plan.memory.kv_bytes_per_token == 131_072
    assert plan.image == "vllm/vllm-openai:v0.32.0"
    assert plan.gated


def test_the_production_stack_uses_all_gpus_of_its_machine(config_of: ConfigOf) -> None:
    plan = make_plan(
        config_of(
            "meta-llama/Llama-3.1-70B-Instruct",
            serving={"gpuMemoryUtilization": 0.92},
            compute={"tensorParallel": 4},
        )
    )
    instance = CATALOG.instance(plan.instance_type)
    assert instance is not None
    assert plan.tensor_parallel_size == plan.gpus_per_replica == instance.gpu_count == 4
    assert "0.92" in plan.vllm_args


@given(configs())
def test_a_plan_fits_its_own_budget(config: StackConfig) -> None:
    plan = plan_or_none(config)
    if plan is None:
        return
    model = CATALOG.model(plan.model)
    assert model is not None
    demand = demand_of(config, model)
    assert plan.memory.kv_cache_tokens + 16 >= demand.max_model_len
    assert plan.max_concurrency >= demand.concurrency - 1  # rounded down to whole blocks
    assert plan.memory.kv_cache_gib > 0


@given(configs(), st.integers(1, 30_000))
def test_a_longer_request_never_has_a_cheaper_machine(config: StackConfig, more: int) -> None:
    serving = config.serving.model_copy(update={"max_model_len": (config.serving.max_model_len or 0) + more})
    longer = config.model_copy(update={"serving": serving})
    first, second = plan_or_none(config), plan_or_none(longer)
    if first is not None and second is not None:
        assert hourly_usd(second) >= hourly_usd(first)
    if first is None and second is not None:
        raise AssertionError("the longer request fits and the shorter one does not")


@given(configs(), st.integers(1, 300))
def test_more_requests_never_have_a_cheaper_machine(config: StackConfig, more: int) -> None:
    serving = config.serving.model_copy(update={"concurrency": (config.serving.concurrency or 1) + more})
    busier = config.model_copy(update={"serving": serving})
    first, second = plan_or_none(config), plan_or_none(busier)
    assert not (first is None and second is not None)
    if first is not None and second is not None:
        assert hourly_usd(second) >= hourly_usd(first)


@given(configs())
def test_the_same_configuration_has_the_same_plan(config: StackConfig) -> None:
    assert plan_or_none(config) == plan_or_none(config.model_copy(deep=True))


@given(configs())
def test_what_is_chosen_unasked_is_supported_and_above_the_vcpu_floor(config: StackConfig) -> None:
    plan = plan_or_none(config)
    if plan is None:
        return
    instance = CATALOG.instance(plan.instance_type)
    assert instance is not None
    assert instance.vcpus >= vcpu_floor(plan.gpus_per_replica)
    assert instance.whole_gpu.compute_capability >= 7.5
    assert not plan.instance_type.endswith((".xlarge", ".metal"))
    assert "vcpus-below-floor" not in {finding.id for finding in plan.findings}


def test_an_xlarge_type_is_never_chosen_but_may_be_asked_for(config_of: ConfigOf) -> None:
    plan = make_plan(config_of(serving={"maxModelLen": 8192}, compute={"instanceType": "g6.xlarge"}))
    assert plan.instance_type == "g6.xlarge"
    warning = next(finding for finding in plan.findings if finding.id == "vcpus-below-floor")
    assert warning.level == "WARNING"
    assert "4 vCPUs" in warning.message
    assert "6" in warning.message


def test_a_cheaper_catalogue_changes_the_choice(config_of: ConfigOf, catalog: Catalog) -> None:
    """The choice follows the prices, not a table of favourites."""
    dear = tuple(replace(i, hourly_usd=99.0) if i.gpu_name == "L4" else i for i in catalog.instances)
    plan = make_plan(config_of(serving={"maxModelLen": 8192}), replace(catalog, instances=dear))
    assert plan.gpu == "A10G"


def test_among_equal_prices_the_smaller_machine_wins(config_of: ConfigOf, catalog: Catalog) -> None:
    level = tuple(replace(i, hourly_usd=1.0) for i in catalog.instances)
    plan = make_plan(config_of(), replace(catalog, instances=level))
    assert plan.gpus_per_replica == 1


def test_neighbours_in_price_are_shown_on_both_sides(config_of: ConfigOf) -> None:
    plan = make_plan(config_of(serving={"maxModelLen": 8192}))
    prices = [other.hourly_usd for other in plan.alternatives]
    assert len(prices) == 3
    assert prices == sorted(prices)
    assert all(price >= hourly_usd(plan) for price in prices)
    assert all(small.hourly_usd < hourly_usd(plan) for small in plan.rejected)
    assert "weights" in plan.rejected[-1].reason


def test_a_gpu_may_be_asked_for_by_name(config_of: ConfigOf) -> None:
    assert make_plan(config_of(compute={"gpu": "NVIDIA l40s"})).gpu == "L40S"


def test_half_precision_where_the_gpu_has_no_bfloat16(config_of: ConfigOf) -> None:
    plan = make_plan(config_of("Qwen/Qwen3-0.6B", compute={"instanceType": "g4dn.2xlarge"}))
    at = plan.vllm_args.index("--dtype")
    assert plan.vllm_args[at + 1] == "half"
    assert "half-precision" in {finding.id for finding in plan.findings}


def test_unused_gpus_are_pointed_out(config_of: ConfigOf) -> None:
    plan = make_plan(config_of(compute={"instanceType": "g6.12xlarge", "tensorParallel": 2}))
    assert plan.gpus_per_replica == 2
    assert "idle-gpus" in {finding.id for finding in plan.findings}
