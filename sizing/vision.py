"""The image encoder of a multimodal ``config.json``, and the largest item that vLLM profiles it with.

Tokens of the largest item are each family's own limit, as its vLLM processor computes them
(vllm/model_executor/models/<family>.py get_num_image_tokens, get_max_image_tokens).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Family:
    """``max_tokens`` of the largest image; ``merge`` patches make a token; ``video_tokens`` of the longest video."""

    max_tokens: int
    merge: int
    gated_mlp: bool = False
    video_tokens: int = 0


FAMILIES: dict[str, Family] = {
    "qwen2_vl": Family(max_tokens=16384, merge=4),
    "qwen2_5_vl": Family(max_tokens=16384, merge=4, gated_mlp=True),
    "qwen3_vl": Family(max_tokens=16384, merge=4, video_tokens=153600),
    "qwen3_5": Family(max_tokens=16384, merge=4),
    "gemma3": Family(max_tokens=256, merge=16),
    "gemma4": Family(max_tokens=280, merge=9),
    "llava_next": Family(max_tokens=2928, merge=1),
    "llava": Family(max_tokens=576, merge=1),
    "mistral3": Family(max_tokens=3025, merge=4, gated_mlp=True),
    "pixtral": Family(max_tokens=4096, merge=1, gated_mlp=True),
    "internvl": Family(max_tokens=3328, merge=4),
    "llama4": Family(max_tokens=2448, merge=4),
}
OTHER = Family(max_tokens=4096, merge=4)


def family_of(model_type: str) -> Family:
    """By the longest name that the type begins with: ``qwen3_vl_moe`` is of ``qwen3_vl``."""
    names = [name for name in FAMILIES if model_type.startswith(name)]
    return FAMILIES[max(names, key=len)] if names else OTHER


def _number(values: Mapping[str, Any], *names: str) -> int:
    """The first of ``names`` that is a whole number above 0; 0 where none is."""
    for name in names:
        value = values.get(name)
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
    return 0


def vision_row(document: Mapping[str, Any]) -> dict[str, Any] | None:
    """The ``vision`` of a catalogue row from a whole ``config.json``; None for a text model or an unknown encoder."""
    declared = document.get("vision_config")
    if not isinstance(declared, dict):
        return None
    family = family_of(str(document.get("model_type") or ""))
    # Qwen2.5-VL calls the encoder's width hidden_size, Qwen2-VL calls it embed_dim.
    hidden = _number(declared, "embed_dim", "hidden_size")
    layers = _number(declared, "depth", "num_hidden_layers", "num_layers")
    heads = _number(declared, "num_heads", "num_attention_heads")
    width = _number(declared, "intermediate_size") or int(hidden * float(declared.get("mlp_ratio") or 4))
    if not (hidden and layers and heads and width):
        return None
    patch = _number(declared, "patch_size") or 14
    depths = declared.get("deepstack_visual_indexes")
    return {
        "layers": layers,
        "hidden_size": hidden,
        "intermediate_size": width,
        "heads": heads,
        "max_tokens": family.max_tokens,
        "merge": family.merge,
        "pixels": 3 * patch * patch * (_number(declared, "temporal_patch_size") or 1),
        "outputs": 1 + (len(depths) if isinstance(depths, list) else 0),
        "budget_tokens": family.video_tokens,
        "gated_mlp": family.gated_mlp,
    }
