"""What the KV cache costs. Bytes per GPU unless a name says otherwise.

Grouped-query attention keeps one key and one value vector per KV head, layer and token. A GPU holds at least one
KV head, so with more GPUs than KV heads the cache is replicated. Latent attention (MLA) keeps one latent and one
rotary vector, replicated on every GPU. Source: vllm/v1/kv_cache_interface.py; 58 of 63 public start-up logs agree
within 1.5 %.

A model whose layers differ (windows, linear attention) is cut into groups of equally many layers, and a block holds
one group's share of 16 tokens or more: vllm/v1/core/kv_cache_utils.py, _get_kv_cache_groups_uniform_page_size.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from sizing.model_spec import LinearAttention, ModelSpec
from sizing.weights import dtype_bytes

BLOCK_TOKENS = 16  # tokens per cache block on CUDA
STATE_ALIGNMENT = 16  # blocks of models with linear attention grow in these steps until a state fits into one
INDEX_SCALE_BYTES = 4  # of the index of sparse attention, stored in 8 bits
NEAR = 1.25  # kinds of layers whose counts differ by less make groups of the larger count


def kv_element_bytes(kv_cache_dtype: str | None, *, dtype: str) -> float:
    """Bytes per stored number. 4-bit formats count as one byte: an upper bound that includes their scales."""
    if kv_cache_dtype in (None, "auto"):
        return dtype_bytes(dtype)
    if kv_cache_dtype in ("bfloat16", "float16"):
        return 2.0
    return 1.0


def _layer_bytes(model: ModelSpec, *, kv_heads: int, head_dim: int, tensor_parallel_size: int, element: float) -> float:
    if model.latent:
        latent = model.latent
        index = latent.index_head_dim + INDEX_SCALE_BYTES if latent.index_head_dim else 0
        return (latent.kv_lora_rank + latent.qk_rope_head_dim) * element + index
    heads = max(1, math.ceil(kv_heads / tensor_parallel_size))
    return 2 * heads * head_dim * element


def full_layer_bytes(model: ModelSpec, *, tensor_parallel_size: int, element: float) -> float:
    """Per token, one layer that keeps the whole context."""
    return _layer_bytes(
        model,
        kv_heads=model.global_kv_heads or model.kv_heads,
        head_dim=model.global_head_dim or model.head_dim,
        tensor_parallel_size=tensor_parallel_size,
        element=element,
    )


def windowed_layer_bytes(model: ModelSpec, *, tensor_parallel_size: int, element: float) -> float:
    """Per token inside the window, one layer that keeps only a window."""
    return _layer_bytes(
        model,
        kv_heads=model.kv_heads,
        head_dim=model.head_dim,
        tensor_parallel_size=tensor_parallel_size,
        element=element,
    )


def _layer_state_bytes(linear: LinearAttention, *, tensor_parallel_size: int) -> float:
    recurrent = linear.value_heads * linear.value_head_dim * linear.key_head_dim * linear.state_bytes
    channels = 2 * linear.key_heads * linear.key_head_dim + linear.value_heads * linear.value_head_dim
    return (recurrent + channels * (linear.conv_kernel_dim - 1) * 2.0) / tensor_parallel_size


def state_bytes(model: ModelSpec, *, tensor_parallel_size: int) -> float:
    """Per sequence, whatever its length: the state of linear-attention layers."""
    if model.linear is None:
        return 0.0
    return model.linear_layers * _layer_state_bytes(model.linear, tensor_parallel_size=tensor_parallel_size)


def groups_of(model: ModelSpec) -> tuple[int, int, int]:
    """Layers in one group; groups that keep the whole context; groups that keep a window or a state."""
    full, other = model.full_attention_layers, model.windowed_layers + model.linear_layers
    if not full or not other:
        return full or other, 1 if full else 0, 1 if other else 0
    fewer, more = sorted((full, other))
    size = more if more < fewer * NEAR else fewer
    return size, -(-full // size), -(-other // size)


def block_tokens(model: ModelSpec, *, tensor_parallel_size: int, element: float) -> int:
    """Tokens of one block: 16, or so many that a linear-attention state fits into a layer's share of it."""
    if model.linear is None or not model.full_attention_layers:
        return BLOCK_TOKENS
    layer = full_layer_bytes(model, tensor_parallel_size=tensor_parallel_size, element=element)
    state = _layer_state_bytes(model.linear, tensor_parallel_size=tensor_parallel_size)
    return max(math.ceil(state / layer / STATE_ALIGNMENT) * STATE_ALIGNMENT, BLOCK_TOKENS)


@dataclass(frozen=True, kw_only=True)
class RequestCost:
    """What a request holds, as a function of its tokens. Bytes per GPU.

    Every ``block`` tokens cost ``growing`` bytes for good, and ``windowed`` ones while they are inside the window;
    ``fixed`` is held from the first token on: a linear-attention state, and one block more of a window, which need
    not start with a block. A windowed layer holds the window and the tokens of one step
    (vllm/v1/kv_cache_interface.py SlidingWindowSpec.max_memory_usage_bytes).
    """

    block: int
    growing: float
    windowed: float
    fixed: float
    window: int | None

    def bytes(self, tokens: int) -> float:
        blocks = math.ceil(tokens / self.block)
        inside = blocks if self.window is None else min(blocks, math.ceil(self.window / self.block))
        return blocks * self.growing + inside * self.windowed + self.fixed

    def longest(self, cache: float, *, limit: int) -> int:
        """The most tokens, at most ``limit``, that ``cache`` bytes hold; whole blocks, or ``limit`` itself."""
        left = cache - self.fixed
        within = math.ceil(self.window / self.block) if self.window is not None else math.ceil(limit / self.block)
        both = self.growing + self.windowed
        blocks = _floor(left / both) if both else limit
        if blocks > within and self.windowed:
            rest = left - within * both
            blocks = within + (_floor(rest / self.growing) if self.growing else limit)
        return max(min(blocks * self.block, limit), 0)


def _floor(value: float) -> int:
    """Rounded down, forgiving the last bits of a float."""
    return math.floor(value * (1 + 1e-12))


@lru_cache(maxsize=4096)
def request_cost(
    model: ModelSpec, *, tensor_parallel_size: int, element: float, batched_tokens: int, grouped: bool = True
) -> RequestCost:
    """Whole blocks of whole groups of layers; not ``grouped``: windowed layers hold the whole context too."""
    if not grouped and model.windowed_layers:
        every = bytes_per_token(model, tensor_parallel_size=tensor_parallel_size, element=element)
        growing = every / tensor_parallel_size * BLOCK_TOKENS
        return RequestCost(block=BLOCK_TOKENS, growing=growing, windowed=0.0, fixed=0.0, window=None)
    layers, full, other = groups_of(model)
    size = block_tokens(model, tensor_parallel_size=tensor_parallel_size, element=element)
    layer = full_layer_bytes(model, tensor_parallel_size=tensor_parallel_size, element=element) * layers * size
    held = windowed_layer_bytes(model, tensor_parallel_size=tensor_parallel_size, element=element) * layers * size
    window = model.sliding_window - 1 + batched_tokens if model.sliding_window and model.windowed_layers else None
    return RequestCost(
        block=size,
        growing=full * layer if full else 0.0,
        windowed=0.0 if model.linear else other * held,
        fixed=other * (layer if model.linear else held if window is not None else 0.0),
        window=window,
    )


def bytes_per_token(model: ModelSpec, *, tensor_parallel_size: int, element: float) -> int:
    """Per token of context over the whole replica, copies included: what a token costs before any window ends."""
    full = full_layer_bytes(model, tensor_parallel_size=tensor_parallel_size, element=element)
    windowed = windowed_layer_bytes(model, tensor_parallel_size=tensor_parallel_size, element=element)
    per_gpu = model.full_attention_layers * full + model.windowed_layers * windowed
    return int(per_gpu * tensor_parallel_size)
