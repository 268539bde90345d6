"""How much memory the weights take on each GPU, from the model's shape. Bytes unless a name says otherwise.

Counted as vLLM shards and fuses them: linear layers are split over the GPUs, KV projections at most ``kv_heads``
ways, latent (MLA) projections and routers are on every GPU, embedding and output matrix are padded to 64 rows and
split. Each fused matrix is one allocation (``sizing/allocation.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sizing.allocation import allocated
from sizing.model_spec import ModelSpec, Vision
from sizing.quantization import NO_PADDING, Padding, Scheme, Scope, scheme_of

GIB = 2**30
DTYPE_BYTES = {"float32": 4.0, "float": 4.0}  # all others: 2
VOCAB_PADDING = 64  # vllm/model_executor/layers/vocab_parallel_embedding.py DEFAULT_VOCAB_PADDING_SIZE
UNSHAPED_TOLERANCE = 0.01  # published counts are rounded: only a larger excess is a part the shape does not show


@dataclass(frozen=True, kw_only=True)
class Part:
    """Parameters of one kind: ``count`` equal matrices; all of them in the model, and all of them on one GPU."""

    name: str
    total: int
    per_gpu: float
    count: int = 1
    scope: Scope | None = None  # None: never quantised
    routed: bool = False  # an expert that only some tokens pass through


def _padded(rows: int) -> int:
    return -(-rows // VOCAB_PADDING) * VOCAB_PADDING


def _split(
    name: str, each: int, ways: int, scope: Scope | None, *, count: int = 1, routed: bool = False, size: float = 0.0
) -> Part:
    """``count`` matrices of ``each`` parameters, shared ``ways``; ``size``: of one on a GPU where it is no quotient."""
    per_gpu = (size or each / ways) * count
    return Part(name=name, total=each * count, per_gpu=per_gpu, count=count, scope=scope, routed=routed)


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
        if not layers:
            continue
        queries = model.hidden_size * model.heads * head_dim
        keys = 2 * model.hidden_size * kv_heads * head_dim
        asked = queries * (2 if model.gated_attention else 1)
        size = asked / tp + keys / min(tp, kv_heads)
        parts.append(_split("qkv", asked + keys, tp, "linear", count=layers, size=size))
        parts.append(_split("attention out", queries, tp, "linear", count=layers))
    return parts


def _latent_attention(model: ModelSpec, tp: int) -> list[Part]:
    latent = model.latent
    if latent is None:
        return []
    query_dim = model.heads * (latent.qk_nope_head_dim + latent.qk_rope_head_dim)
    down = model.hidden_size * (latent.kv_lora_rank + latent.qk_rope_head_dim)
    if latent.q_lora_rank:
        down += model.hidden_size * latent.q_lora_rank
    index = latent.index_heads * ((latent.q_lora_rank or model.hidden_size) * latent.index_head_dim + model.hidden_size)
    down += index + model.hidden_size * latent.index_head_dim
    queries = (latent.q_lora_rank or model.hidden_size) * query_dim
    keys = latent.kv_lora_rank * model.heads * (latent.qk_nope_head_dim + latent.v_head_dim)
    out = model.heads * latent.v_head_dim * model.hidden_size
    return [
        _split("latent down", down, 1, "linear", count=model.layers),
        _split("latent queries", queries, tp, "linear", count=model.layers),
        _split("latent keys", keys, tp, "linear", count=model.layers),
        _split("attention out", out, tp, "linear", count=model.layers),
    ]


def _linear_attention(model: ModelSpec, tp: int) -> list[Part]:
    linear, layers = model.linear, model.linear_layers
    if linear is None:
        return []
    keys, values = linear.key_heads * linear.key_head_dim, linear.value_heads * linear.value_head_dim
    inputs = model.hidden_size * (2 * keys + 2 * values)
    return [
        _split("linear attention in", inputs, tp, "linear", count=layers),
        _split("linear attention gates", model.hidden_size * 2 * linear.value_heads, tp, None, count=layers),
        _split("linear attention out", model.hidden_size * values, tp, "linear", count=layers),
        _split("convolution", (2 * keys + values) * linear.conv_kernel_dim, tp, None, count=layers),
    ]


def _mlp(name: str, model: ModelSpec, width: int, tp: int, *, layers: int, scope: Scope) -> list[Part]:
    """Two fused matrices a layer: into the width (gate and up in one), and out of it."""
    if not layers or not width:
        return []
    into = (2 if model.gated_mlp else 1) * model.hidden_size * width
    return [
        _split(f"{name} in", into, tp, scope, count=layers),
        _split(f"{name} out", model.hidden_size * width, tp, scope, count=layers),
    ]


def _feed_forward(model: ModelSpec, tp: int, padding: Padding) -> list[Part]:
    if model.experts is None:
        return _mlp("mlp", model, model.intermediate_size, tp, layers=model.layers, scope="mlp")
    experts = model.experts
    layers = model.layers - experts.dense_layers
    into = (2 if model.gated_mlp else 1) * experts.count
    expert = model.hidden_size * experts.intermediate_size
    held = padding.up(model.hidden_size, padding.hidden) * padding.up(experts.intermediate_size / tp, padding.width)
    return [
        *_mlp("mlp", model, model.intermediate_size, tp, layers=experts.dense_layers, scope="mlp"),
        *_mlp("shared expert", model, experts.shared_width, tp, layers=layers, scope="shared"),
        _split("experts in", into * expert, tp, "experts", count=layers, routed=True, size=into * held),
        _split(
            "experts out", experts.count * expert, tp, "experts", count=layers, routed=True, size=experts.count * held
        ),
        _split("router", experts.count * model.hidden_size, 1, None, count=layers),
    ]


def _vision(vision: Vision | None, tp: int) -> list[Part]:
    """The image encoder. Where its heads do not divide, its attention is on every GPU."""
    if vision is None or not vision.layers:
        return []
    hidden, layers = vision.hidden_size, vision.layers
    ways = 1 if vision.replicated or vision.heads % tp else tp
    wide = 1 if vision.replicated else tp
    into = (2 if vision.gated_mlp else 1) * hidden * vision.intermediate_size
    return [
        _split("vision", 3 * hidden * hidden, ways, None, count=layers),
        _split("vision", hidden * hidden, ways, None, count=layers),
        _split("vision", into, wide, None, count=layers),
        _split("vision", hidden * vision.intermediate_size, wide, None, count=layers),
    ]


def parts_of(model: ModelSpec, *, tensor_parallel_size: int = 1, padding: Padding = NO_PADDING) -> tuple[Part, ...]:
    """Every part of the model. ``other`` is what the published count has beyond the shape, e.g. a projector."""
    tp = tensor_parallel_size
    attention = _latent_attention(model, tp) if model.latent else _grouped_attention(model, tp)
    norms = (2 * model.layers + 1) * model.hidden_size
    parts = [
        *_vocabulary(model, tp),
        *attention,
        *_linear_attention(model, tp),
        *_feed_forward(model, tp, padding),
        *_vision(model.vision, tp),
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


@lru_cache(maxsize=1024)
def active_parameter_count(model: ModelSpec) -> float:
    """Parameters that one token passes through."""
    share = model.experts.per_token / model.experts.count if model.experts else 1.0
    return sum(part.total * (share if part.routed else 1.0) for part in parts_of(model) if part.name != "vision")


def _covers(covered: Scope, part: Scope | None) -> bool:
    order: tuple[Scope, ...] = ("linear", "mlp", "shared", "experts")  # each covers itself and what is right of it
    return part is not None and order.index(part) >= order.index(covered)


def dtype_bytes(dtype: str) -> float:
    return DTYPE_BYTES.get(dtype, 2.0)


def _scheme(part: Part, model: ModelSpec, quantization: str | None) -> Scheme | None:
    scheme = scheme_of(quantization, group_size=model.quantization_group_size)
    if scheme is None or not _covers(scheme.scope, part.scope):
        return None
    return scheme if _covers(model.quantization_scope or scheme.scope, part.scope) else None


def bytes_per_parameter(part: Part, model: ModelSpec, *, dtype: str, quantization: str | None) -> float:
    scheme = _scheme(part, model, quantization)
    return scheme.bytes_per_weight if scheme else dtype_bytes(dtype)


def _on_gpu(part: Part, model: ModelSpec, *, dtype: str, quantization: str | None) -> float:
    """Bytes of all matrices of a part on one GPU, as they are allocated: numbers and scales apart."""
    each = part.per_gpu / part.count
    scheme = _scheme(part, model, quantization)
    if scheme is None:
        return part.count * allocated(each * dtype_bytes(dtype))
    quantised = part.count - min(scheme.whole_layers, part.count - 1)
    plain = (part.count - quantised) * allocated(each * dtype_bytes(dtype))
    return plain + quantised * (allocated(each * scheme.stored_bytes) + allocated(each * scheme.scale_bytes))


def rotary_table_bytes(model: ModelSpec) -> float:
    """The table of sines and cosines: one 16-bit pair per position and half of the head; on every GPU."""
    rotary_dim = model.latent.qk_rope_head_dim if model.latent else model.head_dim
    return model.max_position_embeddings * rotary_dim * 2.0 * model.rotary_share


@lru_cache(maxsize=4096)
def weights_bytes(
    model: ModelSpec,
    *,
    tensor_parallel_size: int,
    dtype: str = "auto",
    quantization: str | None = None,
    padding: Padding = NO_PADDING,
) -> float:
    """Bytes of weights on each GPU. ``quantization`` is applied while loading; a checkpoint's own cannot be changed."""
    method = model.quantization or quantization
    stored = model.dtype if dtype == "auto" else dtype
    parts = parts_of(model, tensor_parallel_size=tensor_parallel_size, padding=padding)
    return sum(_on_gpu(part, model, dtype=stored, quantization=method) for part in parts) + rotary_table_bytes(model)


@lru_cache(maxsize=1024)
def checkpoint_bytes(model: ModelSpec) -> float:
    """Bytes of the files to download and read."""
    return sum(
        part.total * bytes_per_parameter(part, model, dtype=model.dtype, quantization=model.quantization)
        for part in parts_of(model)
    )
