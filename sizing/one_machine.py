"""The memory model for one given machine: does the model fit, and how much of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sizing.catalog import Gpu
from sizing.choose import launch_dtype
from sizing.error_band import Band, kv_cache_band
from sizing.launch import Launch
from sizing.memory import longest_that_fits, max_concurrency, memory_of
from sizing.model_spec import ModelSpec
from sizing.plan import Memory
from sizing.plan_view import GIB_DIGITS, memory_dict
from sizing.versions import PINNED, Version, batch_defaults, default_utilization


@dataclass(frozen=True, kw_only=True)
class Question:
    """One machine and one way to start vLLM on it; None: what vLLM takes by itself."""

    gpu: Gpu
    tensor_parallel_size: int = 1
    max_model_len: int | None = None
    gpu_memory_utilization: float | None = None
    dtype: str = "auto"
    quantization: str | None = None
    kv_cache_dtype: str | None = None
    max_num_seqs: int | None = None
    max_num_batched_tokens: int | None = None
    enforce_eager: bool = False
    params_billion: float | None = None
    checkpoint_gib: float | None = None
    vllm_version: Version = PINNED


@dataclass(frozen=True, kw_only=True)
class Answer:
    """``longest`` tokens fit alone (``max_model_len_that_fits``); ``fits``: a request of ``max_model_len`` does."""

    memory: Memory
    fits: bool
    longest: int
    max_concurrency: float
    launch: Launch
    band: Band


def answer(model: ModelSpec, question: Question) -> Answer:
    """What the machine holds. Never fails: a model that does not fit is an answer."""
    model = _resized(model, question)
    launch = _launch(model, question)
    memory = memory_of(model, launch)
    longest = longest_that_fits(model, launch, kv_cache_gib=memory.kv_cache_gib, limit=model.max_position_embeddings)
    return Answer(
        memory=memory,
        fits=longest >= launch.max_model_len,
        longest=longest,
        max_concurrency=max_concurrency(memory, max_model_len=launch.max_model_len),
        launch=launch,
        band=kv_cache_band(model, launch, memory),
    )


def answer_dict(found: Answer) -> dict[str, Any]:
    """Plain data: the keys of the plan's ``memory``, the band around its KV cache, and the verdict."""
    return {
        **memory_dict(found.memory),
        "kv_cache_gib_low": round(found.band.low_gib, GIB_DIGITS),
        "kv_cache_gib_high": round(found.band.high_gib, GIB_DIGITS),
        "fits": found.fits,
        "max_model_len_that_fits": found.longest,
        "max_concurrency": round(found.max_concurrency, 2),
    }


def _resized(model: ModelSpec, question: Question) -> ModelSpec:
    """With the published size that was given in place of the catalogue's."""
    if question.params_billion is None:
        return model
    return replace(model, parameters_billion=question.params_billion)


def _launch(model: ModelSpec, question: Question) -> Launch:
    gpu, version = question.gpu, question.vllm_version
    seqs, batched = batch_defaults(version, visible_gib=gpu.visible_gib, gpu_name=gpu.name)
    seqs = question.max_num_seqs or seqs
    return Launch(
        visible_gib=gpu.visible_gib,
        tensor_parallel_size=question.tensor_parallel_size,
        gpu_memory_utilization=question.gpu_memory_utilization or default_utilization(version),
        max_model_len=question.max_model_len or model.max_position_embeddings,
        max_num_seqs=seqs,
        max_num_batched_tokens=question.max_num_batched_tokens or max(batched, seqs),
        dtype=launch_dtype(gpu, model) if question.dtype == "auto" else question.dtype,
        quantization=question.quantization,
        kv_cache_dtype=question.kv_cache_dtype,
        enforce_eager=question.enforce_eager,
        compute_capability=gpu.compute_capability,
        vllm_version=version,
        checkpoint_gib=question.checkpoint_gib,
    )
