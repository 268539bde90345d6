"""Weights from the shape against what vLLM measured, and how they are shared."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sizing.catalog import Catalog
from sizing.model_spec import ModelSpec
from sizing.weights import GIB, active_parameter_count, checkpoint_bytes, parameter_count, parts_of, weights_bytes

MEASURED = json.loads((Path(__file__).parent / "measured_weights.json").read_text())["rows"]


def spec(catalog: Catalog, model_id: str) -> ModelSpec:
    model = catalog.model(model_id)
    assert model is not None
    return model


@pytest.mark.parametrize(("model_id", "gpus", "measured_gib", "within"), MEASURED)
def test_weights_are_what_vllm_measured(
    catalog: Catalog, model_id: str, gpus: int, measured_gib: float, within: float
) -> None:
    computed = weights_bytes(spec(catalog, model_id), tensor_parallel_size=gpus) / GIB
    assert computed == pytest.approx(measured_gib, rel=within)


def test_llama_8b_has_its_published_parameters(catalog: Catalog) -> None:
    assert parameter_count(spec(catalog, "meta-llama/Llama-3.1-8B-Instruct")) == 8_030_261_248


def test_every_shape_agrees_with_the_published_count(catalog: Catalog) -> None:
    for model in catalog.models:
        if model.parameters_billion is not None:
            assert parameter_count(model) / 1e9 == pytest.approx(model.parameters_billion, rel=0.011), model.id


def test_a_mixture_of_experts_computes_with_few_of_its_parameters(catalog: Catalog) -> None:
    model = spec(catalog, "Qwen/Qwen3-30B-A3B")
    assert active_parameter_count(model) / 1e9 == pytest.approx(3.3, rel=0.03)
    assert parameter_count(model) / 1e9 == pytest.approx(30.5, rel=0.01)


def test_kv_projections_are_split_at_most_as_often_as_there_are_kv_heads(catalog: Catalog) -> None:
    model = spec(catalog, "Qwen/Qwen2.5-7B-Instruct")  # 4 KV heads
    on_four, on_eight = (parts_of(model, tensor_parallel_size=gpus) for gpus in (4, 8))
    (four,), (eight,) = ([p for p in parts if p.name == "qkv"] for parts in (on_four, on_eight))
    queries = model.layers * model.hidden_size * model.heads * model.head_dim
    assert four.per_gpu - queries / 4 == eight.per_gpu - queries / 8 == (four.total - queries) / 4


def test_latent_projections_and_routers_are_on_every_gpu(catalog: Catalog) -> None:
    model = spec(catalog, "deepseek-ai/DeepSeek-R1")
    alone, shared = (parts_of(model, tensor_parallel_size=gpus) for gpus in (1, 8))
    routers = [
        (a.per_gpu, b.per_gpu) for a, b in zip(alone, shared, strict=True) if a.name in ("router", "latent down")
    ]
    assert len(routers) == 2
    assert all(one == other for one, other in routers)


def test_a_tied_output_matrix_is_not_stored_twice(catalog: Catalog) -> None:
    names = [part.name for part in parts_of(spec(catalog, "Qwen/Qwen3-0.6B"))]
    assert "output" not in names


@pytest.mark.parametrize(
    ("quantization", "share"), [("fp8", 0.53), ("awq", 0.32), ("experts_int8", 1.0), ("unknown-method", 1.0)]
)
def test_quantisation_shrinks_what_it_covers(catalog: Catalog, quantization: str, share: float) -> None:
    """Embedding, output and norms stay in 16 bits; the 8B has no experts; an unknown method counts as none."""
    model = spec(catalog, "meta-llama/Llama-3.1-8B-Instruct")
    full = weights_bytes(model, tensor_parallel_size=1)
    less = weights_bytes(model, tensor_parallel_size=1, quantization=quantization)
    assert less / full == pytest.approx(share, abs=0.05)


def test_float32_doubles_and_files_are_counted_as_stored(catalog: Catalog) -> None:
    model = spec(catalog, "Qwen/Qwen3-8B")
    single, double = (weights_bytes(model, tensor_parallel_size=1, dtype=dtype) for dtype in ("auto", "float32"))
    assert double / single == pytest.approx(2, rel=0.01)
    assert checkpoint_bytes(model) == pytest.approx(2 * parameter_count(model))
