"""What depends on vLLM's version, as its sources say."""

from __future__ import annotations

import pytest

from sizing.catalog import Catalog
from sizing.graphs import capture_sizes
from sizing.versions import Sampler, Version, batch_defaults, default_utilization, runs_v1_engine, sampler_of


@pytest.mark.parametrize(
    ("version", "visible_gib", "gpu", "expected"),
    [
        ((0, 7), 79.19, "H100", (256, 2048)),
        ((0, 8, 3), 23.5, "RTX 4090", (1024, 2048)),  # 0.8.0 to 0.8.3: 1024 sequences everywhere
        ((0, 8, 4), 23.5, "RTX 4090", (256, 2048)),
        ((0, 8, 5), 79.25, "A100", (1024, 8192)),
        ((0, 32), 79.25, "A100", (256, 2048)),
        ((0, 32), 79.19, "H100", (1024, 8192)),
        ((0, 32), 178.3, "B200", (1024, 16384)),
        ((0, 24), 178.3, "B200", (1024, 8192)),
        ((0, 32), 119.7, "GB10", (256, 2048)),
    ],
)
def test_batch_defaults(version: Version, visible_gib: float, gpu: str, expected: tuple[int, int]) -> None:
    assert batch_defaults(version, visible_gib=visible_gib, gpu_name=gpu) == expected


@pytest.mark.parametrize(
    ("version", "model_id", "expected"),
    [
        ((0, 8, 5), "Qwen/Qwen3-8B", "sort"),
        ((0, 10, 1, 1), "Qwen/Qwen3-8B", "flashinfer"),
        ((0, 10, 2), "Qwen/Qwen3-8B", "sort"),
        ((0, 16, 1), "Qwen/Qwen3-8B", "sort"),
        ((0, 17), "Qwen/Qwen3-8B", "triton"),
        ((0, 28), "Qwen/Qwen3-8B", "gumbel"),
        ((0, 28), "openai/gpt-oss-20b", "triton"),
        ((0, 32), "openai/gpt-oss-20b", "gumbel"),
    ],
)
def test_samplers(catalog: Catalog, version: Version, model_id: str, expected: Sampler) -> None:
    model = catalog.model(model_id)
    assert model is not None
    assert sampler_of(version, model, compute_capability=9.0) == expected


def test_turing_kept_the_old_engine_longer() -> None:
    assert runs_v1_engine((0, 9, 2), compute_capability=8.9)
    assert not runs_v1_engine((0, 10, 1, 1), compute_capability=7.5)
    assert runs_v1_engine((0, 32), compute_capability=7.5)


def test_the_default_share_of_the_gpu() -> None:
    assert (default_utilization((0, 19)), default_utilization((0, 32))) == (0.90, 0.92)


@pytest.mark.parametrize(("limit", "count"), [(1, 1), (16, 5), (32, 7), (256, 35), (512, 51), (128, 19)])
def test_captured_sizes(limit: int, count: int) -> None:
    """As vLLM's logs count them: PIECEWISE=51 (largest=512), FULL=35 (largest=256), 19 up to 128."""
    assert capture_sizes(limit=limit) == count


def test_until_0_11_in_steps_of_eight() -> None:
    assert capture_sizes(limit=512, step_16=False) == 67
