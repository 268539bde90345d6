"""Which tensor-parallel sizes a model can run with, and why not the others."""

from __future__ import annotations

from functools import lru_cache

from sizing.groups import group_objections
from sizing.model_spec import ModelSpec


@lru_cache(maxsize=4096)
def objections(model: ModelSpec, tensor_parallel_size: int, *, quantization: str | None = None) -> tuple[str, ...]:
    """Why vLLM would refuse this size; empty when it would not. ``quantization`` None: as the checkpoint is stored.

    vllm/config/model.py verify_with_parallel_config (heads), models/llama.py (KV heads),
    vllm/distributed/utils.py divide (every sharded width). The vocabulary is padded, so any size does.
    """
    tp = tensor_parallel_size
    found = []
    if model.heads % tp:
        found.append(f"it does not divide the {model.heads} attention heads")
    if not model.latent and not _kv_heads_split(model.kv_heads, tp):
        found.append(f"the {model.kv_heads} KV heads can neither be split nor repeated evenly")
    if model.intermediate_size % tp and _has_dense_mlp(model):
        found.append(f"it does not divide the MLP width {model.intermediate_size}")
    if model.experts and model.experts.intermediate_size % tp:
        found.append(f"it does not divide the expert width {model.experts.intermediate_size}")
    if model.linear and model.linear.key_heads % tp:
        found.append(f"it does not divide the {model.linear.key_heads} linear-attention heads")
    return (*found, *(() if found else group_objections(model, tp, quantization=quantization)))


def _has_dense_mlp(model: ModelSpec) -> bool:
    return model.experts is None or model.experts.dense_layers > 0


def _kv_heads_split(kv_heads: int, tp: int) -> bool:
    return kv_heads % tp == 0 if kv_heads >= tp else tp % kv_heads == 0


@lru_cache(maxsize=1024)
def valid_sizes(model: ModelSpec, *, limit: int = 8, quantization: str | None = None) -> tuple[int, ...]:
    return tuple(size for size in range(1, limit + 1) if not objections(model, size, quantization=quantization))


def largest_valid(model: ModelSpec, *, limit: int, quantization: str | None = None) -> int:
    """The most GPUs of ``limit`` that can share the model; 1 always works."""
    return max(valid_sizes(model, limit=limit, quantization=quantization))
