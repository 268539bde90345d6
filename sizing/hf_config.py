"""A HuggingFace ``config.json`` -> ModelSpec, for a model that the catalogue does not know.

The file is not trusted: it may be of any size and hold anything. What is wrong with it is said in one sentence.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from sizing.hf_families import adjusted, full_attention_layers, with_defaults
from sizing.hf_quantization import stored_as
from sizing.model_names import method_in_name
from sizing.model_rows import REQUIRED, missing_fields, model_from_row
from sizing.model_spec import ModelSpec
from sizing.vision import vision_row

# The same fact under the names that model families give it.
SYNONYMS = {
    "num_hidden_layers": ("n_layer", "n_layers", "num_layers"),
    "hidden_size": ("n_embd", "d_model", "dim"),
    "num_attention_heads": ("n_head", "n_heads", "num_heads"),
    "num_key_value_heads": ("num_kv_heads", "n_head_kv", "n_kv_heads", "multi_query_group_num"),
    "intermediate_size": ("ffn_dim", "n_inner", "ffn_hidden_size", "hidden_dim"),
    "max_position_embeddings": ("n_positions", "max_sequence_length", "max_seq_len", "seq_length", "model_max_length"),
    "vocab_size": ("padded_vocab_size",),
    "num_experts": ("n_routed_experts", "num_local_experts", "moe_num_experts"),
    "num_experts_per_tok": ("moe_k", "moe_topk", "num_experts_per_token", "top_k_experts"),
    "n_shared_experts": ("num_shared_experts",),
    "torch_dtype": ("dtype",),
    "moe_intermediate_size": ("expert_ffn_hidden_size",),
    "first_k_dense_replace": ("moe_first_k_dense_replace",),
}
NESTED = ("text_config", "llm_config", "language_config", "thinker_config")
MOST_BYTES = 8 * 2**20  # the longest config.json known lists every quantised layer: 0.3 MB

# The most that is believed of a number, far above every model there is; what is not named: ANY_MOST.
MOST = {"num_hidden_layers": 10_000, "max_position_embeddings": 2**31, "vocab_size": 2**27, "num_experts": 100_000}
ANY_MOST = 2**24

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
    "global_head_dim",
    "num_global_key_value_heads",
    "index_head_dim",
    "index_n_heads",
    "linear_num_key_heads",
    "linear_num_value_heads",
    "linear_key_head_dim",
    "linear_value_head_dim",
    "linear_conv_kernel_dim",
)
OR_ZERO = ("n_shared_experts", "first_k_dense_replace", "shared_expert_intermediate_size")  # and these may be 0
ZERO_IS_NONE = ("num_experts", "kv_lora_rank", "q_lora_rank", "sliding_window", "moe_intermediate_size")


# Keys of layers that no ModelSpec can describe: of different widths, with compressed or other linear attention.
UNKNOWN = (
    "block_configs",
    "block_types",
    "compress_ratios",
    "hybrid_layer_pattern",
    "linear_attn_config",
    "moe_latent_size",
    "sparse_attention_config",
    "ssm_cfg",
)


class ConfigFileError(ValueError):
    """The file is missing, no JSON object, or lacks what the arithmetic needs."""


def read_config(path: Path, *, model_id: str) -> ModelSpec:
    """The shape in a ``config.json``. ConfigFileError says in a sentence what is wrong with the file."""
    row = to_row(_document(path), model_id=model_id, source=str(path))
    return spec_of(row)


def spec_of(row: dict[str, Any]) -> ModelSpec:
    """The checked shape of a flat row; ConfigFileError names the key that is missing or wrong."""
    if unknown := [name for name in UNKNOWN if row.get(name)]:
        raise ConfigFileError(
            f"the file has {', '.join(unknown)}: layers of a kind that the memory model does not know"
        )
    row = row | {name: None for name in ZERO_IS_NONE if row.get(name) == 0}
    if missing := missing_fields(row):
        raise ConfigFileError(f"the file lacks {', '.join(missing)}")
    for name in (*COUNTS, *OR_ZERO):
        _check(name, row.get(name), least=0 if name in OR_ZERO else 1)
    _check_relations(row)
    try:
        return model_from_row(row | {"full_attention_layers": full_attention_layers(row)})
    except (KeyError, TypeError, ValueError, ZeroDivisionError) as error:
        raise ConfigFileError(f"the file is incomplete or of an unknown kind: {error}") from None


def _document(path: Path) -> dict[str, Any]:
    try:
        if path.exists() and not path.is_file():
            raise ConfigFileError("it is not a file")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise ConfigFileError(f"the file cannot be read: {error.strerror}") from None
    except ValueError:
        raise ConfigFileError("the file cannot be read: its name is not one") from None
    if len(content) > MOST_BYTES:
        raise ConfigFileError(f"the file is larger than {MOST_BYTES // 2**20} MiB, so it is no config.json")
    try:
        document = json.loads(content, parse_constant=lambda _: None)  # Infinity, NaN: as if it were not there
    except RecursionError:
        raise ConfigFileError("the file is nested too deeply to be a config.json") from None
    except ValueError as error:
        raise ConfigFileError(f"the file is not JSON: {str(error)[:200]}") from None
    if not isinstance(document, dict):
        raise ConfigFileError("the file holds no JSON object")
    return document


def _check(name: str, value: object, *, least: int) -> None:
    most = MOST.get(name, ANY_MOST)
    if value is None or (isinstance(value, int) and not isinstance(value, bool) and least <= value <= most):
        return
    above = "of at least 0" if least == 0 else "above 0"
    raise ConfigFileError(f"{name} must be a whole number {above} and at most {most}, not {str(value)[:40]}")


def _check_relations(row: dict[str, Any]) -> None:
    """Numbers that contradict each other."""
    pairs = (
        ("num_key_value_heads", "num_attention_heads"),
        ("num_experts_per_tok", "num_experts"),
        ("first_k_dense_replace", "num_hidden_layers"),
    )
    for smaller, larger in pairs:
        if (row.get(smaller) or 0) > (row.get(larger) or ANY_MOST):
            raise ConfigFileError(f"{smaller} ({row[smaller]}) is more than {larger} ({row[larger]})")
    if not row.get("head_dim") and row["hidden_size"] < row["num_attention_heads"]:
        raise ConfigFileError("the file lacks head_dim, and hidden_size is less than num_attention_heads")


def _nested(document: dict[str, Any]) -> dict[str, Any]:
    """The language model inside a multimodal file, at most two levels deep; empty where there is none."""
    for name in NESTED:
        inner = document.get(name)
        if isinstance(inner, dict):
            return next((deeper for key in NESTED if isinstance(deeper := inner.get(key), dict)), inner)
    return {}


def to_row(document: dict[str, Any], *, model_id: str, source: str) -> dict[str, Any]:
    """One flat row; a vision-language file keeps its language model under ``text_config``."""
    inner = _nested(document)
    outer = {key: value for key, value in document.items() if key not in NESTED}
    row = {**outer, **with_defaults(inner, nested=True)} if inner else outer
    for name, others in SYNONYMS.items():
        if row.get(name) is None:
            row[name] = next((row[other] for other in others if row.get(other) is not None), None)
    if not isinstance(row["torch_dtype"], str) or row["torch_dtype"] == "auto":
        row["torch_dtype"] = None
    row = adjusted(row)
    row["tie_word_embeddings"] = document.get("tie_word_embeddings", row.get("tie_word_embeddings"))
    stored = stored_as(document.get("quantization_config") or inner.get("quantization_config"))
    row |= {"id": model_id, "source": source, "gated": False, "vision": vision_row(document)}
    row |= {"quantization": stored.method, "quantization_group_size": stored.group_size}
    row["quantization_scope"] = stored.scope
    if stored.method is None:  # ModelOpt keeps it in a file of its own: then the name says it
        row["quantization"] = method_in_name(model_id)
    return row | {"rotary_share": _rotary_share(row)}


def _rotary_share(row: dict[str, Any]) -> float:
    """The part of a head that is rotated, where the file says so."""
    rope = row.get("rope_parameters")
    inside = rope.get("partial_rotary_factor") if isinstance(rope, dict) else None
    share = row.get("rotary_share") or row.get("partial_rotary_factor") or inside
    valid = isinstance(share, int | float) and not isinstance(share, bool) and 0 < share <= 2
    return float(share) if valid and share is not None else 1.0
