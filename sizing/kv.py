"""What the KV cache costs. Bytes per GPU unless a name says otherwise.

Grouped-query attention keeps one key and one value vector per KV head, layer and token. A GPU holds at least one
KV head, so with more GPUs than KV heads the cache is replicated. Latent attention (MLA) keeps one latent and one
rotary vector, replicated on every GPU. Source: vllm/v1/kv_cache_interface.py; 58 of 63 public start-up logs agree
within 1.5 %.
"""

from __future__ import annotations

import math

from sizing.model_spec import ModelSpec
from sizing.weights import dtype_bytes

BLOCK_TOKENS = 16  # tokens per cache block on CUDA
ONE_BYTE = ("fp8", "fp8_e4m3", "fp8_e5m2", "fp8_inc", "fp8_per_token_head", "int8_per_token_head")


def kv_element_bytes(kv_cache_dtype: str | None, *, dtype: str) -> float:
    """Bytes per stored number. 4-bit formats count as one byte: an upper bound that includes their scales."""
    if kv_cache_dtype in (None, "auto"):
        return dtype_bytes(dtype)
    if kv_cache_dtype in ("bfloat16", "float16"):
        return 2.0
    return 1.0


def _layer_bytes(model: ModelSpec, *, kv_heads: int, head_dim: int, tensor_parallel_size: int, element: float) -> float:
    if model.latent:
        return (model.latent.kv_lora_rank + model.latent.qk_rope_head_dim) * element
    heads = max(1, math.ceil(kv_heads / tensor_parallel_size))
    return 2 * heads * head_dim * element


def token_bytes_full(model: ModelSpec, *, tensor_parallel_size: int, element: float) -> float:
    """Per token, the layers that keep the whole context."""
    return model.full_attention_layers * _layer_bytes(
        model,
        kv_heads=model.global_kv_heads or model.kv_heads,
        head_dim=model.global_head_dim or model.head_dim,
        tensor_parallel_size=tensor_parallel_size,
        element=element,
    )


def token_bytes_windowed(model: ModelSpec, *, tensor_parallel_size: int, element: float) -> float:
    """Per token inside the window, the layers that keep only a window."""
    return model.windowed_layers * _layer_bytes(
        model,
        kv_heads=model.kv_heads,
        head_dim=model.head_dim,
        tensor_parallel_size=tensor_parallel_size,
        element=element,
    )


def state_bytes(model: ModelSpec, *, tensor_parallel_size: int) -> float:
    """Per sequence, whatever its length: the state of linear-attention layers (16-bit)."""
    linear = model.linear
    if linear is None:
        return 0.0
    recurrent = linear.value_heads * linear.value_head_dim * linear.key_head_dim
    channels = 2 * linear.key_heads * linear.key_head_dim + linear.value_heads * linear.value_head_dim
    convolution = channels * (linear.conv_kernel_dim - 1)
    return model.linear_layers * (recurrent + convolution) * 2.0 / tensor_parallel_size


def request_bytes(
    model: ModelSpec, *, tokens: int, tensor_parallel_size: int, element: float, batched_tokens: int
) -> float:
    """What one request of ``tokens`` (prompt and answer) holds, in whole blocks.

    A windowed layer holds the window and the tokens of one step: vllm SlidingWindowSpec.max_memory_usage_bytes.
    """
    blocks = math.ceil(tokens / BLOCK_TOKENS) * BLOCK_TOKENS
    full = token_bytes_full(model, tensor_parallel_size=tensor_parallel_size, element=element) * blocks
    window = min(tokens, (model.sliding_window or tokens) + batched_tokens)
    held = math.ceil(window / BLOCK_TOKENS) * BLOCK_TOKENS
    windowed = token_bytes_windowed(model, tensor_parallel_size=tensor_parallel_size, element=element) * held
    return full + windowed + state_bytes(model, tensor_parallel_size=tensor_parallel_size)


def bytes_per_token(model: ModelSpec, *, tensor_parallel_size: int, element: float) -> int:
    """Per token of context over the whole replica, copies included: what a token costs before any window ends."""
    per_gpu = token_bytes_full(model, tensor_parallel_size=tensor_parallel_size, element=element)
    per_gpu += token_bytes_windowed(model, tensor_parallel_size=tensor_parallel_size, element=element)
    return int(per_gpu * tensor_parallel_size)
