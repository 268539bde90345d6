"""A HuggingFace ``config.json`` -> ModelSpec, for a model that the catalogue does not know."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sizing.model_rows import REQUIRED, missing_fields, model_from_row
from sizing.model_spec import ModelSpec

# The same fact under the names that model families give it.
SYNONYMS = {
    "num_hidden_layers": ("n_layer", "num_layers"),
    "hidden_size": ("n_embd", "d_model"),
    "num_attention_heads": ("n_head", "num_heads"),
    "num_key_value_heads": ("num_kv_heads", "n_head_kv"),
    "intermediate_size": ("ffn_dim", "n_inner", "ffn_hidden_size"),
    "max_position_embeddings": ("n_positions", "max_sequence_length", "seq_length", "model_max_length"),
    "num_experts": ("n_routed_experts", "num_local_experts"),
    "torch_dtype": ("dtype",),
    "moe_intermediate_size": ("expert_ffn_hidden_size",),
}

# Every number that the arithmetic uses; null and absent are fine where the field is optional.
COUNTS = (
    *REQUIRED,
    "num_key_value_heads",
    "head_dim",
    "intermediate_size",
    "moe_intermediate_size",
    "num_experts",
    "num_experts_per_tok",
    "kv_lora_rank",
    "q_lora_rank",
    "qk_nope_head_dim",
    "qk_rope_head_dim",
    "v_head_dim",
    "sliding_window",
    "full_attention_interval",
    "linear_num_key_heads",
    "linear_num_value_heads",
)

BITS = {4: "int4", 8: "int8"}


class ConfigFileError(ValueError):
    """The file is missing, no JSON object, or lacks what the arithmetic needs."""


def read_config(path: Path, *, model_id: str) -> ModelSpec:
    """The shape in a ``config.json``. ConfigFileError says in a sentence what is wrong with the file."""
    try:
        document = json.loads(path.read_text())
    except OSError as error:
        raise ConfigFileError(f"the file cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise ConfigFileError(f"the file is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ConfigFileError("the file holds no JSON object")
    row = to_row(document, model_id=model_id, source=str(path))
    if missing := missing_fields(row):
        raise ConfigFileError(f"the file lacks {', '.join(missing)}")
    if wrong := [name for name in COUNTS if not _is_count(row.get(name))]:
        raise ConfigFileError(f"{', '.join(wrong)} must be a whole number above 0")
    try:
        return model_from_row(row | {"full_attention_layers": _full_attention_layers(row)})
    except (KeyError, TypeError, ZeroDivisionError) as error:
        raise ConfigFileError(f"the file is incomplete or of an unknown kind: {error}") from None


def _is_count(value: object) -> bool:
    return value is None or (isinstance(value, int) and not isinstance(value, bool) and value > 0)


def to_row(document: dict[str, Any], *, model_id: str, source: str) -> dict[str, Any]:
    """One flat row; a vision-language file keeps its language model under ``text_config``."""
    named = document.get("text_config") or document.get("llm_config")
    inner = named if isinstance(named, dict) else {}
    row = {**{k: v for k, v in document.items() if k not in ("text_config", "llm_config")}, **inner}
    for name, others in SYNONYMS.items():
        if row.get(name) is None:
            row[name] = next((row[other] for other in others if row.get(other) is not None), None)
    row["tie_word_embeddings"] = document.get("tie_word_embeddings", row.get("tie_word_embeddings"))
    row |= {"id": model_id, "source": source, "gated": False}
    row["quantization"] = _quantization(document.get("quantization_config") or inner.get("quantization_config"))
    return row


def _full_attention_layers(row: dict[str, Any]) -> int:
    """Layers that keep the whole context, from the forms in which families say so."""
    layers = int(row["num_hidden_layers"])
    if types := row.get("layer_types"):
        return [str(kind) for kind in types].count("full_attention")
    pattern = row.get("sliding_window_pattern")
    if isinstance(pattern, int) and pattern > 0:
        return layers // pattern
    if row.get("full_attention_interval"):
        return layers // int(row["full_attention_interval"])
    return layers


def _quantization(declared: object) -> str | None:
    if not isinstance(declared, dict) or not declared.get("quant_method"):
        return None
    method = str(declared["quant_method"])
    if method != "compressed-tensors":
        return method
    groups = (declared.get("config_groups") or {}).values()
    weights = [group.get("weights") or {} for group in groups]
    if weights and all(each.get("type") == "int" and each.get("num_bits") in BITS for each in weights):
        return f"compressed-tensors-{BITS[max(int(each['num_bits']) for each in weights)]}"
    return method
