"""The memory terms add up, and move the right way, whatever is asked."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sizing.catalog import load_catalog
from sizing.error_band import kv_cache_band
from sizing.launch import Launch
from sizing.memory import longest_that_fits, max_concurrency, memory_of, request_gib
from sizing.model_spec import ModelSpec
from sizing.parallel import valid_sizes

CATALOG = load_catalog()

models = st.sampled_from(CATALOG.models)
launches = st.builds(
    Launch,
    visible_gib=st.sampled_from([gpu.visible_gib for gpu in CATALOG.gpus]),
    tensor_parallel_size=st.sampled_from([1, 2, 4, 8]),
    gpu_memory_utilization=st.floats(0.1, 1.0),
    max_model_len=st.integers(16, 200_000),
    max_num_seqs=st.integers(1, 1024),
    max_num_batched_tokens=st.integers(1024, 16_384),
    kv_cache_dtype=st.sampled_from([None, "fp8"]),
    enforce_eager=st.booleans(),
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[ModelSpec, Launch]:
    model, launch = draw(models), draw(launches)
    sizes = [size for size in valid_sizes(model) if size <= launch.tensor_parallel_size]
    return model, replace(launch, tensor_parallel_size=max(sizes))


@given(cases())
def test_the_terms_add_up(case: tuple[ModelSpec, Launch]) -> None:
    model, launch = case
    memory = memory_of(model, launch)
    assert memory.usable_gib == pytest.approx(memory.total_gib * launch.gpu_memory_utilization)
    spent = memory.weights_gib + memory.activation_gib + memory.overhead_gib
    assert memory.kv_cache_gib == pytest.approx(memory.usable_gib - spent)
    assert min(memory.weights_gib, memory.activation_gib, memory.overhead_gib) > 0


@given(cases())
def test_tokens_are_never_negative_and_never_more_than_the_cache_holds(case: tuple[ModelSpec, Launch]) -> None:
    model, launch = case
    memory = memory_of(model, launch)
    assert memory.kv_cache_tokens >= 0
    requests = max_concurrency(memory, max_model_len=launch.max_model_len)
    held = requests * request_gib(model, launch, tokens=launch.max_model_len)
    assert held <= max(memory.kv_cache_gib, 0) + 1e-9


@given(cases())
def test_the_longest_request_is_the_longest(case: tuple[ModelSpec, Launch]) -> None:
    model, launch = case
    cache, limit = memory_of(model, launch).kv_cache_gib, model.max_position_embeddings
    longest = longest_that_fits(model, launch, kv_cache_gib=cache, limit=limit)
    assert 0 <= longest <= limit
    if longest:
        assert request_gib(model, launch, tokens=longest) <= cache
    if longest < limit:
        assert request_gib(model, launch, tokens=longest + 1) > cache


@given(cases(), st.floats(0.01, 0.5))
def test_more_of_the_gpu_never_holds_less(case: tuple[ModelSpec, Launch], more: float) -> None:
    model, launch = case
    larger = replace(launch, gpu_memory_utilization=launch.gpu_memory_utilization + more)
    assert memory_of(model, larger).kv_cache_tokens >= memory_of(model, launch).kv_cache_tokens


@given(cases())
def test_an_8_bit_cache_holds_no_fewer_requests(case: tuple[ModelSpec, Launch]) -> None:
    model, launch = case
    counts = []
    for kv_cache_dtype in ("bfloat16", "fp8"):
        tried = replace(launch, kv_cache_dtype=kv_cache_dtype)
        cache = memory_of(model, tried).kv_cache_gib
        counts.append(int(max(cache, 0.0) / request_gib(model, tried, tokens=1024)))
    assert counts[0] <= counts[1]


@given(cases(), st.integers(1, 4096))
def test_more_sequences_never_leave_more_cache(case: tuple[ModelSpec, Launch], more: int) -> None:
    model, launch = case
    busier = replace(launch, max_num_seqs=launch.max_num_seqs + more)
    assert memory_of(model, busier).kv_cache_gib <= memory_of(model, launch).kv_cache_gib


def test_eager_mode_and_old_versions_need_no_room_for_graphs() -> None:
    model = CATALOG.models[0]
    launch = Launch(
        visible_gib=79.19,
        tensor_parallel_size=1,
        gpu_memory_utilization=0.9,
        max_model_len=4096,
        max_num_seqs=256,
        max_num_batched_tokens=2048,
    )
    usual = memory_of(model, launch).overhead_gib
    eager = memory_of(model, replace(launch, enforce_eager=True)).overhead_gib
    assert eager < usual
    assert memory_of(model, replace(launch, vllm_version=(0, 19), enforce_eager=True)).overhead_gib == eager


def test_a_known_checkpoint_size_replaces_the_computed_one() -> None:
    model = CATALOG.models[0]
    launch = Launch(
        visible_gib=79.19,
        tensor_parallel_size=2,
        gpu_memory_utilization=0.9,
        max_model_len=4096,
        max_num_seqs=256,
        max_num_batched_tokens=2048,
        checkpoint_gib=20.0,
    )
    assert memory_of(model, launch).weights_gib == pytest.approx(10.0, abs=0.1)


@given(cases(), st.integers(1, 100_000))
def test_more_context_never_needs_less_memory(case: tuple[ModelSpec, Launch], more: int) -> None:
    model, launch = case
    short, longer = (
        request_gib(model, launch, tokens=tokens) for tokens in (launch.max_model_len, launch.max_model_len + more)
    )
    assert short <= longer


@given(cases())
def test_more_gpus_never_need_more_of_each(case: tuple[ModelSpec, Launch]) -> None:
    """Weights, the profiling run's peak and a request's cache; PyTorch's rounding may add a block to each matrix."""
    model, launch = case
    alone = replace(launch, tensor_parallel_size=1)
    one, several = memory_of(model, alone), memory_of(model, launch)
    rounding = 12 * model.layers / 1024
    assert several.weights_gib <= one.weights_gib * (1 if model.experts is None else 1.1) + rounding
    assert several.activation_gib <= one.activation_gib + 1e-9
    if model.linear is None:
        shared = request_gib(model, launch, tokens=launch.max_model_len)
        assert shared <= request_gib(model, alone, tokens=launch.max_model_len) + 1e-9


@given(cases(), st.sampled_from([(0, 8, 1), (0, 9), (0, 10, 1), (0, 11), (0, 16), (0, 19), (0, 22), (0, 28), (0, 33)]))
def test_every_version_has_an_answer(case: tuple[ModelSpec, Launch], version: tuple[int, ...]) -> None:
    model, launch = case
    memory = memory_of(model, replace(launch, vllm_version=version))
    assert memory.activation_gib > 0
    band = kv_cache_band(model, replace(launch, vllm_version=version), memory)
    assert band.low_gib < memory.kv_cache_gib < band.high_gib


def test_the_sampler_of_old_versions_needs_most() -> None:
    """Llama 3.2 3B on an H100 NVL: 4.74 GiB with a sort of all logits, says vLLM 0.11's own breakdown."""
    model = CATALOG.model("meta-llama/Llama-3.2-3B-Instruct")
    assert model is not None
    launch = Launch(
        visible_gib=93.09,
        tensor_parallel_size=1,
        gpu_memory_utilization=0.9,
        max_model_len=131_072,
        max_num_seqs=1024,
        max_num_batched_tokens=8192,
        compute_capability=9.0,
        vllm_version=(0, 11),
    )
    assert memory_of(model, launch).activation_gib == pytest.approx(4.74, abs=0.005)
    assert memory_of(model, replace(launch, vllm_version=(0, 32))).activation_gib < 2
