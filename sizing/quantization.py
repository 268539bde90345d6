"""How many bytes a stored weight takes under each quantization, and which matrices it covers.

Sizes are the format's own: 4-bit AWQ/GPTQ in groups of 128 carry a 16-bit scale and a 4-bit zero each; MXFP4 an
8-bit scale per 32; NVFP4 an 8-bit scale per 16; block FP8 a 32-bit scale per 128x128.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Scope = Literal["linear", "mlp", "experts"]  # every linear layer; MLPs only; routed experts only

INT4_GROUP_128 = 0.5 + (2 + 0.5) / 128
FP8_BLOCK = 1 + 4 / (128 * 128)


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """``bytes_per_weight`` for matrices in ``scope``; the rest keeps the model's dtype."""

    bytes_per_weight: float
    scope: Scope = "linear"


SCHEMES: dict[str, Scheme] = {
    "awq": Scheme(bytes_per_weight=INT4_GROUP_128),
    "auto_awq": Scheme(bytes_per_weight=INT4_GROUP_128),
    "awq_marlin": Scheme(bytes_per_weight=INT4_GROUP_128),
    "gptq": Scheme(bytes_per_weight=INT4_GROUP_128),
    "auto_gptq": Scheme(bytes_per_weight=INT4_GROUP_128),
    "gptq_marlin": Scheme(bytes_per_weight=INT4_GROUP_128),
    "moe_wna16": Scheme(bytes_per_weight=INT4_GROUP_128),
    "compressed-tensors-int4": Scheme(bytes_per_weight=INT4_GROUP_128),
    "int4_experts": Scheme(bytes_per_weight=0.5 + 2 / 32, scope="experts"),
    "bitsandbytes": Scheme(bytes_per_weight=0.5 + 1 / 64),
    "fp8": Scheme(bytes_per_weight=FP8_BLOCK),
    "fp8_per_block": Scheme(bytes_per_weight=FP8_BLOCK),
    "fp8_per_channel": Scheme(bytes_per_weight=1.0),
    "fp8_per_tensor": Scheme(bytes_per_weight=1.0),
    "deepseek_v4_fp8": Scheme(bytes_per_weight=FP8_BLOCK),
    "fbgemm_fp8": Scheme(bytes_per_weight=1.0, scope="mlp"),
    "modelopt": Scheme(bytes_per_weight=1.0),
    "compressed-tensors": Scheme(bytes_per_weight=1.0),
    "compressed-tensors-int8": Scheme(bytes_per_weight=1.0),
    "int8_per_channel_weight_only": Scheme(bytes_per_weight=1.0),
    "experts_int8": Scheme(bytes_per_weight=1.0, scope="experts"),
    "mxfp8": Scheme(bytes_per_weight=1 + 1 / 32),
    "modelopt_mxfp8": Scheme(bytes_per_weight=1 + 1 / 32),
    "modelopt_fp4": Scheme(bytes_per_weight=0.5 + 1 / 16),
    "nvfp4_per_token": Scheme(bytes_per_weight=0.5 + 1 / 16),
    "mxfp4": Scheme(bytes_per_weight=0.5 + 1 / 32, scope="experts"),
    "gpt_oss_mxfp4": Scheme(bytes_per_weight=0.5 + 1 / 32, scope="experts"),
}

# Methods that vLLM applies to a 16-bit checkpoint while it loads; every other needs a checkpoint stored that way.
ONLINE = frozenset(
    {
        "experts_int8",
        "fp8",
        "fp8_per_block",
        "fp8_per_channel",
        "fp8_per_tensor",
        "int8_per_channel_weight_only",
        "mxfp8",
        "nvfp4_per_token",
    }
)

# What the catalogue calls a stored format -> the name that vLLM knows it by.
VLLM_NAMES = {
    "int4_experts": "compressed-tensors",
    "compressed-tensors-int4": "compressed-tensors",
    "compressed-tensors-int8": "compressed-tensors",
}


def scheme_of(quantization: str | None) -> Scheme | None:
    """The Scheme, or None for 16-bit weights (also for a method without a known size: an upper bound)."""
    return SCHEMES.get(quantization) if quantization else None


def vllm_name(quantization: str) -> str:
    """The method's name on vLLM's command line."""
    return VLLM_NAMES.get(quantization, quantization)
