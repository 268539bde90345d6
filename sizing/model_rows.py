"""From a flat row of HuggingFace ``config.json`` names to a ModelSpec; used by the catalogue and by config files."""

from __future__ import annotations

from typing import Any

from sizing.model_spec import Experts, LatentAttention, LinearAttention, ModelSpec, Vision

REQUIRED = ("num_hidden_layers", "hidden_size", "num_attention_heads", "vocab_size", "max_position_embeddings")

# An MLP of two matrices; every other family gates it with a third. By name, and by model_type.
UNGATED_MLP = ("falcon",)
UNGATED_TYPES = frozenset(
    {"bloom", "gpt2", "gpt_bigcode", "gpt_neox", "gptj", "mpt", "nemotron", "nemotron_h", "opt", "phi", "starcoder2"}
)

# vllm/config/model.py _FLOAT16_NOT_SUPPORTED_MODELS.
NEEDS_BFLOAT16 = ("gemma-2", "gemma-3", "gemma2", "gemma3", "glm-4", "glm4")


def missing_fields(row: dict[str, Any]) -> tuple[str, ...]:
    """Fields without which nothing can be computed."""
    return tuple(name for name in REQUIRED if not row.get(name))


def _experts(row: dict[str, Any]) -> Experts | None:
    if not row.get("num_experts"):
        return None
    return Experts(
        count=row["num_experts"],
        per_token=row.get("num_experts_per_tok") or 1,
        intermediate_size=row.get("moe_intermediate_size") or row["intermediate_size"],
        shared=row.get("n_shared_experts") or 0,
        shared_intermediate_size=row.get("shared_expert_intermediate_size"),
        dense_layers=row.get("first_k_dense_replace") or 0,
    )


def _latent(row: dict[str, Any]) -> LatentAttention | None:
    if not row.get("kv_lora_rank"):
        return None
    return LatentAttention(
        kv_lora_rank=row["kv_lora_rank"],
        q_lora_rank=row.get("q_lora_rank"),
        qk_nope_head_dim=row["qk_nope_head_dim"],
        qk_rope_head_dim=row["qk_rope_head_dim"],
        v_head_dim=row["v_head_dim"],
        index_head_dim=row.get("index_head_dim") or 0,
        index_heads=row.get("index_n_heads") or 0,
    )


def _linear(row: dict[str, Any]) -> LinearAttention | None:
    if not row.get("linear_num_key_heads") or row.get("full_attention_layers") == row["num_hidden_layers"]:
        return None
    return LinearAttention(
        key_heads=row["linear_num_key_heads"],
        value_heads=row["linear_num_value_heads"],
        key_head_dim=row["linear_key_head_dim"],
        value_head_dim=row["linear_value_head_dim"],
        conv_kernel_dim=row["linear_conv_kernel_dim"],
    )


def _belongs(row: dict[str, Any], families: tuple[str, ...]) -> bool:
    """By the declared model type, or by the id where a catalogue row has no type."""
    name = f"{row.get('model_type') or ''} {row['id']}".lower()
    return any(family in name for family in families)


def model_from_row(row: dict[str, Any]) -> ModelSpec:
    """The ModelSpec of a row. KeyError when ``missing_fields`` is not empty."""
    heads = row["num_attention_heads"]
    window = row.get("sliding_window")
    return ModelSpec(
        id=row["id"],
        source=row["source"],
        gated=row.get("gated", False),
        layers=row["num_hidden_layers"],
        hidden_size=row["hidden_size"],
        intermediate_size=row.get("intermediate_size") or row.get("moe_intermediate_size") or 0,
        heads=heads,
        kv_heads=row.get("num_key_value_heads") or heads,
        head_dim=row.get("head_dim") or row["hidden_size"] // heads,
        vocab_size=row["vocab_size"],
        max_position_embeddings=row["max_position_embeddings"],
        tie_word_embeddings=bool(row.get("tie_word_embeddings")),
        gated_mlp=not (_belongs(row, UNGATED_MLP) or row.get("model_type") in UNGATED_TYPES),
        needs_bfloat16=_belongs(row, NEEDS_BFLOAT16),
        dtype=row.get("torch_dtype") or "bfloat16",
        quantization=row.get("quantization"),
        quantization_group_size=row.get("quantization_group_size"),
        quantization_scope=row.get("quantization_scope"),
        gated_attention=bool(row.get("gated_attention")),
        rotary_share=row.get("rotary_share") or 1.0,
        parameters_billion=row.get("parameter_count_billion"),
        full_attention_layers=row.get("full_attention_layers", row["num_hidden_layers"]),
        sliding_window=window,
        global_kv_heads=row.get("num_global_key_value_heads"),
        global_head_dim=row.get("global_head_dim"),
        experts=_experts(row),
        latent=_latent(row),
        linear=_linear(row),
        vision=Vision(**row["vision"]) if row.get("vision") else None,
    )
