"""Weights that share one scale, and which tensor-parallel sizes would cut such a group in two. vLLM refuses those.

Sources, vllm/model_executor/layers/quantization: utils/fp8_utils.py validate_fp8_block_shape (rows and columns) and
validate_fp8_block_shape_moe, auto_awq.py and utils/marlin_utils.py verify_marlin_supports_shape (rows). MXFP4 and NVFP4
pad instead, and scales per tensor or per channel have no groups.
"""

from __future__ import annotations

from collections.abc import Iterator

from sizing.model_spec import ModelSpec

FP8_BLOCK = 128
INT4_GROUP = 128  # what nearly every AWQ and GPTQ checkpoint has
INT4_EXPERTS_GROUP = 32  # Kimi-K2: compressed-tensors, group of 32
BLOCKS = frozenset({"fp8", "fp8_per_block", "deepseek_v4_fp8"})
INT4 = frozenset(
    {"awq", "auto_awq", "awq_marlin", "gptq", "auto_gptq", "gptq_marlin", "moe_wna16", "compressed-tensors-int4"}
)


def group_size(model: ModelSpec, *, quantization: str | None) -> int | None:
    """Weights of one group along a matrix, None without groups. ``quantization``: asked for, None as stored.

    A checkpoint that is stored as fp8 has blocks (DeepSeek, Qwen); fp8 made while loading has one scale per tensor.
    """
    method = quantization or model.quantization
    if method == "fp8" and model.quantization is None:
        return None
    stored: int | None = model.quantization_group_size  # from config.json, where it says so
    if stored is not None and method == model.quantization:
        return stored
    if method in BLOCKS:
        return FP8_BLOCK
    if method in INT4:
        return INT4_GROUP
    return INT4_EXPERTS_GROUP if method == "int4_experts" else None


def _widths(model: ModelSpec, *, method: str | None) -> Iterator[tuple[str, int]]:
    """Dimensions that are shared between GPUs and quantised, with what people call them."""
    experts = model.experts
    if experts:
        yield "expert width", experts.intermediate_size
    if method == "int4_experts":
        return
    if experts is None or experts.dense_layers:
        yield "MLP width", model.intermediate_size
    latent = model.latent
    yield "attention width", model.heads * (latent.v_head_dim if latent else model.head_dim)


def group_objections(model: ModelSpec, tensor_parallel_size: int, *, quantization: str | None) -> tuple[str, ...]:
    """Widths that so many GPUs cannot share without cutting a group."""
    size, tp = group_size(model, quantization=quantization), tensor_parallel_size
    if size is None or tp == 1:
        return ()
    return tuple(
        f"a GPU's part of the {name} {width} is {width / tp:g}, which its quantised groups of {size} do not divide"
        for name, width in _widths(model, method=quantization or model.quantization)
        if width % (tp * size)
    )
