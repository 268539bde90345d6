"""The shape of a model: what decides its weights and its KV cache. Plain numbers, named as HuggingFace names them."""

from __future__ import annotations

from dataclasses import dataclass

from sizing.quantization import Scope


@dataclass(frozen=True, kw_only=True)
class Experts:
    """A mixture of experts in every layer but the first ``dense_layers``."""

    count: int
    per_token: int
    intermediate_size: int
    shared: int = 0
    shared_intermediate_size: int | None = None  # of all shared experts together, where it is not a multiple
    dense_layers: int = 0

    @property
    def shared_width(self) -> int:
        """MLP width of all shared experts together."""
        if self.shared_intermediate_size is not None:
            return self.shared_intermediate_size
        return self.shared * self.intermediate_size


@dataclass(frozen=True, kw_only=True)
class LatentAttention:
    """Multi-head latent attention (DeepSeek): the cache holds one latent and one rotary vector per token."""

    kv_lora_rank: int
    q_lora_rank: int | None
    qk_nope_head_dim: int
    qk_rope_head_dim: int
    v_head_dim: int
    index_head_dim: int = 0  # sparse attention (DeepSeek V3.2, GLM-5): an index of one vector per token beside
    index_heads: int = 0


@dataclass(frozen=True, kw_only=True)
class LinearAttention:
    """Gated delta-rule layers: a fixed state per sequence in place of a cache that grows."""

    key_heads: int
    value_heads: int
    key_head_dim: int
    value_head_dim: int
    conv_kernel_dim: int
    state_bytes: float = 4.0  # of one number of the state: float32 (mamba_ssm_dtype of Qwen3.5)


@dataclass(frozen=True, kw_only=True)
class Vision:
    """An image encoder. ``max_tokens``: of the largest item, as the language model sees it; ``merge`` patches each.

    ``outputs``: vectors of hidden size kept for each token (Qwen3-VL keeps three of its depths too).
    ``budget_tokens``: of the longest video, where it is more than any item that vLLM profiles.
    ``replicated``: not shared between GPUs, whatever the heads.
    """

    layers: int
    hidden_size: int
    intermediate_size: int
    heads: int
    max_tokens: int
    merge: int = 1
    pixels: int = 588  # numbers of the input in one patch: 3 colours x 14 x 14
    outputs: int = 1
    budget_tokens: int = 0
    gated_mlp: bool = False
    replicated: bool = False


@dataclass(frozen=True, kw_only=True)
class ModelSpec:
    """One checkpoint. ``parameters_billion``: the published count, where known; ``source``: where the rest is from.

    ``full_attention_layers``: those that keep the whole context. The others keep ``sliding_window`` tokens
    or, with ``linear``, a fixed state.
    """

    id: str
    source: str
    gated: bool
    layers: int
    hidden_size: int
    intermediate_size: int
    heads: int
    kv_heads: int
    head_dim: int
    vocab_size: int
    max_position_embeddings: int
    tie_word_embeddings: bool = False
    gated_mlp: bool = True
    dtype: str = "bfloat16"
    needs_bfloat16: bool = False  # float16 overflows, so vLLM refuses it
    quantization: str | None = None
    quantization_group_size: int | None = None  # weights that share a scale, where it is not the format's usual
    quantization_scope: Scope | None = None  # what of the layers it covers, where it is less than the format's usual
    gated_attention: bool = False  # queries come with a gate of their size (Qwen3-Next, Qwen3.5)
    rotary_share: float = 1.0  # part of the head that is rotated; 2: tables for two frequencies
    parameters_billion: float | None = None
    full_attention_layers: int
    sliding_window: int | None = None
    global_kv_heads: int | None = None
    global_head_dim: int | None = None
    experts: Experts | None = None
    latent: LatentAttention | None = None
    linear: LinearAttention | None = None
    vision: Vision | None = None

    def __hash__(self) -> int:
        """Few fields are enough, and memory models ask for it often."""
        return hash((self.id, self.layers, self.hidden_size, self.quantization))

    @property
    def windowed_layers(self) -> int:
        """Layers whose cache stops growing at ``sliding_window`` tokens."""
        return 0 if self.linear else self.layers - self.full_attention_layers

    @property
    def linear_layers(self) -> int:
        """Layers with a fixed state."""
        return self.layers - self.full_attention_layers if self.linear else 0
