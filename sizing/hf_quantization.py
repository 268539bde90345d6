"""The ``quantization_config`` of a ``config.json`` -> what of the weights is stored how."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sizing.quantization import Scope

BITS = {4: "int4", 8: "int8"}
ATTENTION = ("attn", "attention")
SHARED = ("shared_expert",)
LAYER = re.compile(r"layers\.(\d+)\.")
FEW_LAYERS = 8


@dataclass(frozen=True, kw_only=True)
class Stored:
    """``method`` as ``sizing/quantization.py`` names it; ``scope`` None: the method's usual one."""

    method: str | None = None
    group_size: int | None = None
    scope: Scope | None = None


def stored_as(declared: object) -> Stored:
    """How the checkpoint is stored; nothing for an absent, empty or unreadable declaration."""
    if not isinstance(declared, dict) or not declared:
        return Stored()
    named = declared.get("quant_method") or declared.get("quantization", {})
    method = str(named if isinstance(named, str) else "modelopt" if "quant_algo" in declared else "")
    if not method:
        return Stored()
    weights = _weights(declared)
    group = declared.get("group_size", weights.get("group_size"))
    return Stored(
        method=_method(method, declared, weights),
        group_size=group if isinstance(group, int) and not isinstance(group, bool) and 0 < group <= 4096 else None,
        scope=_scope(declared),
    )


def _weights(declared: dict[str, Any]) -> dict[str, Any]:
    """Of compressed-tensors and ModelOpt: the weights of the group with the fewest bits."""
    groups = declared.get("config_groups")
    found = (
        [group.get("weights") for group in groups.values() if isinstance(group, dict)]
        if isinstance(groups, dict)
        else []
    )
    known = [each for each in found if isinstance(each, dict) and isinstance(each.get("num_bits"), int)]
    return min(known, key=lambda each: int(each["num_bits"]), default={})


def _method(method: str, declared: dict[str, Any], weights: dict[str, Any]) -> str:
    bits: Any = declared.get("bits", weights.get("num_bits"))
    if method in ("compressed-tensors", "modelopt") and bits == 4 and weights.get("type") == "float":
        return "modelopt_fp4"
    if method == "compressed-tensors":
        whole = weights.get("type") == "int" and bits in BITS
        return f"compressed-tensors-{BITS[bits]}" if whole else method
    if method == "modelopt":
        return "modelopt_fp4" if "FP4" in str(declared.get("quant_algo")).upper() else method
    if method in ("gptq", "awq", "auto-round", "intel/auto-round") and bits == 8:
        return "compressed-tensors-int8"
    if method in ("auto-round", "intel/auto-round"):
        return "gptq"
    if method == "bitsandbytes" and declared.get("load_in_8bit"):
        return "compressed-tensors-int8"
    return method


def _scope(declared: dict[str, Any]) -> Scope | None:
    """Narrower than every linear layer where the file leaves attention, or shared experts too, as they are.

    A few layers by number, norms and image encoders say nothing about the rest.
    """
    left: Iterable[Any] = declared.get("modules_to_not_convert") or declared.get("ignore") or ()
    names = [str(name).lower() for name in left] if isinstance(left, list) else []
    if not _everywhere(names, ATTENTION):
        return None
    return "experts" if _everywhere(names, SHARED) else "mlp"


def _everywhere(names: Iterable[str], parts: tuple[str, ...]) -> bool:
    """Whether modules with one of ``parts`` in their name are listed for more than a few layers."""
    found = [name for name in names if any(part in name for part in parts)]
    found = [name for name in found if "norm" not in name and "vis" not in name and "mtp" not in name]
    layers = {number[1] for name in found if (number := LAYER.search(name))}
    return len(layers) > FEW_LAYERS or any(not LAYER.search(name) for name in found)
