"""What families of models leave out of their ``config.json`` or say in their own way, brought to one flat row."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]

# Keys that are not written take the defaults of the family's class in transformers; only inside a nested
# ``text_config``, where vision models leave out most of it (Gemma 3 4B, LLaVA).
NESTED_DEFAULTS: dict[str, Row] = {
    "gemma3_text": {
        "num_attention_heads": 8,
        "num_key_value_heads": 4,
        "head_dim": 256,
        "vocab_size": 262208,
        "max_position_embeddings": 131072,
        "sliding_window_pattern": 6,
    },
    "llama": {
        "num_hidden_layers": 32,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_attention_heads": 32,
        "vocab_size": 32000,
        "max_position_embeddings": 2048,
    },
    "mistral": {
        "num_hidden_layers": 32,
        "hidden_size": 4096,
        "intermediate_size": 14336,
        "num_attention_heads": 32,
        "num_key_value_heads": 8,
        "vocab_size": 32000,
        "max_position_embeddings": 131072,
    },
}

# What layer_types calls layers that do not keep the whole context.
OTHER_LAYERS = ("sliding_attention", "chunked_attention", "linear_attention", "mamba")

# Every other layer keeps the whole context (Gemma 2), or one in so many; where the file has no layer_types.
PATTERNS = {"gemma2": 2, "gemma3_text": 6, "gemma3": 6, "cohere2": 4}
# A window that holds for every layer.
ALL_WINDOWED = ("mistral", "phi3", "starcoder2")
BLOCKS = {"mamba": "M", "attention": "*", "moe": "E", "mlp": "-"}  # Nemotron-H, spelled out
# Queries come with a gate, also where the file does not say so.
GATED_ATTENTION = ("qwen3_next", "qwen3_5")


def with_defaults(row: Row, *, nested: bool) -> Row:
    """The row with its family's defaults under it, where it is the ``text_config`` of another file."""
    defaults = NESTED_DEFAULTS.get(str(row.get("model_type")), {}) if nested else {}
    return defaults | {key: value for key, value in row.items() if value is not None}


def adjusted(row: Row) -> Row:
    """The row with what its family says in its own way."""
    kind = str(row.get("model_type") or "")
    if kind.startswith("llama4"):
        return row | _llama4(row)
    if kind.startswith("nemotron_h"):
        return row | _nemotron_hybrid(row)
    changes: Row = {}
    if kind.startswith(GATED_ATTENTION):
        changes["gated_attention"] = row.get("attn_output_gate", True)
    if row.get("shared_expert_intermediate_size") and not row.get("n_shared_experts"):
        changes["n_shared_experts"] = 1
    if kind.startswith("gemma4") and row.get("enable_moe_block"):
        changes["shared_expert_intermediate_size"] = row.get("intermediate_size")  # a dense MLP beside the experts
        changes["num_experts_per_tok"] = row.get("top_k_experts")
    dense = row.get("mlp_only_layers")
    if isinstance(dense, list) and dense and not row.get("first_k_dense_replace"):
        changes["first_k_dense_replace"] = len(dense)
    if kind.startswith("gemma3"):
        changes["rotary_share"] = 2.0
    return row | changes


def _llama4(row: Row) -> Row:
    """Experts in every ``interleave_moe_layer_step``-th layer; three in four layers attend within a chunk."""
    layers, step = row.get("num_hidden_layers"), row.get("interleave_moe_layer_step") or 1
    counted = isinstance(layers, int) and isinstance(step, int) and step > 0
    return {
        "moe_intermediate_size": row.get("intermediate_size"),
        "intermediate_size": row.get("intermediate_size_mlp") or row.get("intermediate_size"),
        "n_shared_experts": 1,
        "first_k_dense_replace": layers - layers // step if counted and isinstance(layers, int) else None,
        "sliding_window": row.get("attention_chunk_size"),
        "sliding_window_pattern": 4 if row.get("attention_chunk_size") else None,
    }


def _nemotron_hybrid(row: Row) -> Row:
    """One letter for each block: M Mamba-2, * attention, E experts, - an MLP. A layer here is a mixer.

    Mamba-2 is counted as linear attention: groups x state as keys, heads as values.
    """
    named = row.get("layers_block_type")
    letters = [BLOCKS.get(str(block), "?") for block in named] if isinstance(named, list) else []
    pattern = "".join(letters) or str(row.get("hybrid_override_pattern") or "")
    mixers, experts = pattern.count("M") + pattern.count("*"), pattern.count("E")
    if "?" in pattern or pattern.count("-") not in (0, mixers):
        return {"block_types": pattern}  # no ModelSpec has fewer MLPs than mixers
    return {
        "num_hidden_layers": mixers,
        "full_attention_layers": pattern.count("*"),
        "first_k_dense_replace": mixers - experts if experts else None,
        "intermediate_size": row.get("intermediate_size") if not experts else None,
        "shared_expert_intermediate_size": row.get("moe_shared_expert_intermediate_size"),
        "linear_num_key_heads": row.get("n_groups"),
        "linear_key_head_dim": row.get("ssm_state_size"),
        "linear_num_value_heads": row.get("mamba_num_heads"),
        "linear_value_head_dim": row.get("mamba_head_dim"),
        "linear_conv_kernel_dim": row.get("conv_kernel"),
    }


def full_attention_layers(row: Row) -> int:
    """Layers that keep the whole context, from the forms in which families say so."""
    layers = int(row["num_hidden_layers"])
    if isinstance(row.get("full_attention_layers"), int):
        return int(row["full_attention_layers"])
    types = row.get("layer_types")
    if isinstance(types, list) and types:
        others = sum(str(kind) in OTHER_LAYERS for kind in types[:layers])
        return layers - others
    pattern = row.get("sliding_window_pattern") or PATTERNS.get(str(row.get("model_type")))
    if isinstance(pattern, str) and pattern:
        return layers * pattern.count("G") // len(pattern)
    if isinstance(pattern, int) and pattern > 0 and row.get("sliding_window"):
        return layers // pattern
    if isinstance(row.get("full_attention_interval"), int) and row["full_attention_interval"] > 0:
        return layers // int(row["full_attention_interval"])
    window, kind = row.get("sliding_window"), str(row.get("model_type"))
    windowed = isinstance(window, int) and window < int(row["max_position_embeddings"]) and kind in ALL_WINDOWED
    return 0 if windowed else layers
