"""What a token of context costs."""

from __future__ import annotations

import pytest

from sizing.catalog import Catalog
from sizing.kv import (
    block_tokens,
    bytes_per_token,
    groups_of,
    kv_element_bytes,
    request_cost,
    state_bytes,
)
from sizing.model_spec import ModelSpec


def spec(catalog: Catalog, model_id: str) -> ModelSpec:
    model = catalog.model(model_id)
    assert model is not None
    return model


@pytest.mark.parametrize(
    ("model_id", "gpus", "expected"),
    [
        ("meta-llama/Llama-3.1-8B-Instruct", 1, 131_072),
        ("meta-llama/Llama-3.1-8B-Instruct", 8, 131_072),
        ("meta-llama/Llama-3.1-8B-Instruct", 16, 262_144),  # 8 KV heads on 16 GPUs: each twice
        ("meta-llama/Llama-3.1-70B-Instruct", 4, 327_680),
        ("meta-llama/Llama-2-7b-hf", 1, 524_288),  # no grouping: 32 KV heads
        ("Qwen/Qwen2-7B-Instruct", 1, 57_344),
        ("deepseek-ai/DeepSeek-R1", 1, 70_272),  # 61 layers x (512 + 64) x 2 bytes
        ("deepseek-ai/DeepSeek-R1", 8, 562_176),  # latent vectors are on every GPU
    ],
)
def test_bytes_per_token_of_a_replica(catalog: Catalog, model_id: str, gpus: int, expected: int) -> None:
    assert bytes_per_token(spec(catalog, model_id), tensor_parallel_size=gpus, element=2.0) == expected


@pytest.mark.parametrize(
    ("kv_cache_dtype", "dtype", "expected"),
    [(None, "bfloat16", 2), ("auto", "float32", 4), ("fp8", "bfloat16", 1), ("bfloat16", "float32", 2)],
)
def test_bytes_per_number(kv_cache_dtype: str | None, dtype: str, expected: float) -> None:
    assert kv_element_bytes(kv_cache_dtype, dtype=dtype) == expected


def test_a_request_holds_whole_blocks(catalog: Catalog) -> None:
    model = spec(catalog, "meta-llama/Llama-3.1-8B-Instruct")
    one, sixteen, seventeen = (
        request_cost(model, tensor_parallel_size=1, element=2.0, batched_tokens=2048).bytes(tokens)
        for tokens in (1, 16, 17)
    )
    assert one == sixteen == 16 * 131_072
    assert seventeen == 2 * sixteen


def test_windowed_layers_stop_growing(catalog: Catalog) -> None:
    """gpt-oss-120b on 4 x A100 with 45.32 GiB of cache: vLLM printed 284.25 requests of 16384 tokens."""
    model = spec(catalog, "openai/gpt-oss-120b")
    held = request_cost(model, tensor_parallel_size=4, element=2.0, batched_tokens=2048).bytes(16_384)
    assert 45.32 * 2**30 / held == pytest.approx(284.25, rel=0.005)


def test_linear_attention_keeps_a_state_of_fixed_size(catalog: Catalog) -> None:
    model = spec(catalog, "Qwen/Qwen3.5-27B")
    size = block_tokens(model, tensor_parallel_size=1, element=2.0)
    one, two = (
        request_cost(model, tensor_parallel_size=1, element=2.0, batched_tokens=2048).bytes(tokens)
        for tokens in (size, 2 * size)
    )
    assert two - one == size * bytes_per_token(model, tensor_parallel_size=1, element=2.0)  # 16 layers grow
    assert one - (two - one) >= state_bytes(model, tensor_parallel_size=1) > 0  # 48 layers hold a block each


def test_blocks_of_a_hybrid_model_are_as_large_as_its_state(catalog: Catalog) -> None:
    """Qwen3.5-27B: vLLM 0.19 printed 290,864 tokens (a quarter of its blocks' tokens) and 33.04 x 32,768."""
    model = spec(catalog, "Qwen/Qwen3.5-27B")
    held = request_cost(model, tensor_parallel_size=1, element=2.0, batched_tokens=16_384).bytes(32_768)
    cache = 290_864 * 4 * bytes_per_token(model, tensor_parallel_size=1, element=2.0)
    assert cache / held == pytest.approx(33.04, rel=0.005)


def test_groups_are_padded(catalog: Catalog) -> None:
    """Gemma 3 27B: vLLM 0.11 padded 62 layers to 70 and printed 50.05 x 4,096 for 109.86 GiB."""
    model = spec(catalog, "google/gemma-3-27b-it")
    layers, full, other = groups_of(model)
    assert layers * (full + other) == 70
    held = request_cost(model, tensor_parallel_size=1, element=2.0, batched_tokens=8_192).bytes(4_096)
    assert 109.86 * 2**30 / held == pytest.approx(50.05, rel=0.002)


def test_old_versions_keep_the_whole_context_in_every_layer(catalog: Catalog) -> None:
    model = spec(catalog, "google/gemma-3-27b-it")
    now, before = (
        request_cost(model, tensor_parallel_size=1, element=2.0, batched_tokens=2048, grouped=grouped).bytes(32_768)
        for grouped in (True, False)
    )
    assert before == 32_768 * bytes_per_token(model, tensor_parallel_size=1, element=2.0)
    assert now < before / 3
