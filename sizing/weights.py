"""How much memory the weights take on each GPU, from the model's shape. Bytes unless a name says otherwise.

Counted as vLLM shards them: linear layers are split over the GPUs, KV projections at most ``kv_heads`` ways,
latent (MLA) projections and routers are on every GPU, embedding and output matrix are padded to 64 rows and split.
"""

from __future__ import annotations

from dataclasses import dataclass

from sizing.model_spec import ModelSpec
from sizing.quantization import Scope, scheme_of

GIB = 2**30
DTYPE_BYTES = {"float32": 4.0, "float": 4.0}  # all others: 2
VOCAB_PADDING = 64  # vllm/model_executor/layers/vocab_parallel_embedding.py DEFAULT_VOCAB_PADDING_SIZE
UNSHAPED_TOLERANCE = 0.01  # published counts are rounded: only a larger excess is a part the shape does not show


@dataclass(frozen=True, kw_only=True)
class Part:
    """Parameters of one kind: as they are counted in the model, and as they lie on one GPU."""

    name: str
    total: int
    per_gpu: float
    scope: Scope | None = None  # None: never quantised
    routed: bool = False  # an expert that only some tokens pass through


def _padded(rows: int) -> int:
    return -(-rows // VOCAB_PADDING) * VOCAB_PADDING


def _split(name: str, total: int, ways: int, scope: Scope | None, *, routed: bool = False) -> Part:
    return Part(name=name, total=total, per_gpu=total / ways, scope=scope, routed=routed)


def _vocabulary(model: ModelSpec, tp: int) -> list[Part]:
    total = model.vocab_size * model.hidden_size
    per_gpu = _padded(model.vocab_size) * model.hidden_size / tp
    names = ["embedding"] if model.tie_word_embeddings else ["embedding", "output"]
    return [Part(name=name, total=total, per_gpu=per_gpu) for name in names]


def _grouped_attention(model: ModelSpec, tp: int) -> list[Part]:
    windowed = (model.windowed_layers, model.kv_heads, model.head_dim)
    whole = (
        model.full_attention_layers,
        model.global_kv_heads or model.kv_heads,
        model.global_head_dim or model.head_dim,
    )
    parts = []
    for layers, kv_heads, head_dim in (windowed, whole):
        queries = layers * 2 * model.hidden_size * model.heads * head_dim
        keys = layers * 2 * model.hidden_size * kv_heads * head_dim
        parts.append(_split("attention", queries, tp, "linear"))
        parts.append(_split("attention", keys, min(tp, kv_heads), "linear"))
    return parts


def _latent_attention(model: ModelSpec, tp: int) -> list[Part]:
    latent = model.latent
    if latent is None:
        return []
    query_dim = model.heads * (latent.qk_nope_head_dim + latent.qk_rope_head_dim)
    down = model.hidden_size * (latent.kv_lora_rank + latent.qk_rope_head_dim)
    if latent.q_lora_rank:
        down += model.hidden_size * latent.q_lora_rank
    up = (latent.q_lora_rank or model.hidden_size) * query_dim
    up += latent.kv_lora_rank * model.heads * (latent.qk_nope_head_dim + latent.v_head_dim)
    up += model.heads * latent.v_head_dim * model.hidden_size
    return [
        _split("attention", model.layers * down, 1, "linear"),
        _split("attention", model.layers * up, tp, "linear"),
    ]


def _linear_attention(model: ModelSpec, tp: int) -> list[Part]:
    linear = model.linear
    if linear is None:
        return []
    keys, values = linear.key_heads * linear.key_head_dim, linear.value_heads * linear.value_head_dim
    matrices = model.hidden_size * (2 * keys + 3 * values + 2 * linear.value_heads)
    convolution = (2 * keys + values) * linear.conv_kernel_dim
    return [
        _split("attention", model.linear_layers * matrices, tp, "linear"),
        _split("attention", model.linear_layers * convolution, tp, None),
    ]


def _feed_forward(model: ModelSpec, tp: int) -> list[Part]:
    matrices = 3 if model.gated_mlp else 2
    width = matrices * model.hidden_size
    if model.experts is None:
        return [_split("mlp", model.layers * width * model.intermediate_size, tp, "mlp")]
    experts = model.experts
    layers = model.layers - experts.dense_layers
    expert = width * experts.intermediate_size
    return [
        _split("mlp", experts.dense_layers * width * model.intermediate_size, tp, "mlp"),
        _split("mlp", layers * experts.shared * expert, tp, "mlp"),
        _split("experts", layers * experts.count * expert, tp, "experts", routed=True),
        _split("router", layers * experts.count * model.hidden_size, 1, None),
    ]


def parts_of(model: ModelSpec, *, tensor_parallel_size: int = 1) -> tuple[Part, ...]:
    """Every part of the model. ``other`` is what the published count has beyond the shape, e.g. a vision tower."""
    tp = tensor_parallel_size
    attention = _latent_attention(model, tp) if model.latent else _grouped_attention(model, tp)
    norms = (2 * model.layers + 1) * model.hidden_size
    parts = [
        *_vocabulary(model, tp),
        *attention,
        *_linear_attention(model, tp),
        *_feed_forward(model, tp),
        _split("norms", norms, 1, None),
    ]
    published = (model.parameters_billion or 0) * 1e9
    excess = published - sum(part.total for part in parts)
    if excess > UNSHAPED_TOLERANCE * published:
        parts.append(_split("other", int(excess), tp, None))
    return tuple(parts)


def parameter_count(model: ModelSpec) -> int:
    """All parameters of the checkpoint."""
    return sum(part.total for part in parts_of(model))


def active_parameter_count(model: ModelSpec) -> float:
    """Parameters that one token passes through."""
    share = model.experts.per_token / model.experts.count if model.experts else 1.0
    return sum(part.total * (share if part.routed else 1.0) for part in parts_of(model))


def _covers(covered: Scope, part: Scope | None) -> bool:
    order: tuple[Scope, ...] = ("linear", "mlp", "experts")  # each covers itself and what is right of it
    return part is not None and order.index(part) >= order.index(covered)


def dtype_bytes(dtype: str) -> float:
    return DTYPE_BYTES.get(dtype, 2.0)


def bytes_per_parameter(part: Part, *, dtype: str, quantization: str | None) -> float:
    scheme = scheme_of(quantization)
    if scheme and _covers(scheme.scope, part.scope):
        return scheme.bytes_per_weight
    return dtype_bytes(dtype)


def rotary_table_bytes(model: ModelSpec) -> float:
    """The table of sines and cosines: one 16-bit pair per position and half of the head; on every GPU."""
    rotary_dim = model.latent.qk_rope_head_dim if model.latent else model.head_dim
    return model.max_position_embeddings * rotary_dim * 2.0


def weights_bytes(
    model: ModelSpec, *, tensor_parallel_size: int, dtype: str = "auto", quantization: str | None = None
) -> float:
    """Bytes of weights on each GPU. ``quantization`` None: as the checkpoint is stored."""
    method = quantization or model.quantization
    stored = model.dtype if dtype == "auto" else dtype
    parts = parts_of(model, tensor_parallel_size=tensor_parallel_size)
    weights = sum(part.per_gpu * bytes_per_parameter(part, dtype=stored, quantization=method) for part in parts)
    return weights + rotary_table_bytes(model)


def checkpoint_bytes(model: ModelSpec) -> float:
    """Bytes of the files to download and read."""
    return sum(
        part.total * bytes_per_parameter(part, dtype=model.dtype, quantization=model.quantization)
        for part in parts_of(model)
    )
