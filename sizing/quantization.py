"""How many bytes a stored weight takes under each quantization, and which matrices it covers.

Sizes are the format's own: 4-bit AWQ/GPTQ in groups of 128 carry a 16-bit scale and a 4-bit zero each; MXFP4 an
8-bit scale per 32; NVFP4 an 8-bit scale per 16; block FP8 a 32-bit scale per 128x128.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Literal

Scope = Literal["linear", "mlp", "shared", "experts"]  # every linear layer; all MLPs; all experts; routed experts

INT4_GROUP = 2 + 0.5  # bytes of a 16-bit scale and a 4-bit zero
INT4_GROUP_128 = 0.5 + INT4_GROUP / 128
FP8_BLOCK = 1 + 4 / (128 * 128)


@dataclass(frozen=True, kw_only=True)
class Scheme:
    """``bytes_per_weight`` for matrices in ``scope``; the rest keeps the model's dtype.

    ``per_group``: bytes of scale and zero point of one group, where the checkpoint may say the group's size.
    ``whole_layers``: layers that the format leaves in 16 bits (first and last, FBGEMM).
    """

    bytes_per_weight: float
    scope: Scope = "linear"
    per_group: float | None = None
    whole_layers: int = 0

    @property
    def stored_bytes(self) -> float:
        """Of one weight, without its share of scales: half a byte or a whole one."""
        return 0.5 if self.bytes_per_weight < 1 else 1.0

    @property
    def scale_bytes(self) -> float:
        return self.bytes_per_weight - self.stored_bytes


@dataclass(frozen=True, kw_only=True)
class Padding:
    """Multiples that a kernel rounds the hidden size and an expert's width on one GPU up to."""

    hidden: int = 1
    width: int = 1

    @staticmethod
    def up(size: float, multiple: int) -> float:
        return -(-size // multiple) * multiple if multiple > 1 else size


NO_PADDING = Padding()


INT4 = Scheme(bytes_per_weight=INT4_GROUP_128, per_group=INT4_GROUP)

SCHEMES: dict[str, Scheme] = {
    "awq": INT4,
    "auto_awq": INT4,
    "awq_marlin": INT4,
    "gptq": INT4,
    "auto_gptq": INT4,
    "gptq_marlin": INT4,
    "moe_wna16": INT4,
    "compressed-tensors-int4": INT4,
    "int4_experts": Scheme(bytes_per_weight=0.5 + 2 / 32, scope="experts"),
    "bitsandbytes": Scheme(bytes_per_weight=0.5 + 1 / 64),
    "fp8": Scheme(bytes_per_weight=FP8_BLOCK),
    "fp8_per_block": Scheme(bytes_per_weight=FP8_BLOCK),
    "fp8_per_channel": Scheme(bytes_per_weight=1.0),
    "fp8_per_tensor": Scheme(bytes_per_weight=1.0),
    "deepseek_v4_fp8": Scheme(bytes_per_weight=FP8_BLOCK),
    "fbgemm_fp8": Scheme(bytes_per_weight=1.0, scope="mlp", whole_layers=2),
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


# Words by which people name a format -> its name here; the first that is in the text counts.
WORDS = (
    ("nvfp4", "modelopt_fp4"),
    ("mxfp4", "mxfp4"),
    ("w4a16", "compressed-tensors-int4"),
    ("int4", "compressed-tensors-int4"),
    ("w8a16", "compressed-tensors-int8"),
    ("w8a8", "compressed-tensors-int8"),
    ("int8", "compressed-tensors-int8"),
    ("bnb", "bitsandbytes"),
    ("awq", "awq"),
    ("gptq", "gptq"),
    ("fp8", "fp8"),
)


def named_method(text: str) -> str:
    """The method that a report means ("int8 w8a16", "fp8 (Marlin)"); ``text`` itself where it is one or none."""
    words = re.findall(r"[a-z0-9]+", text.lower())
    if text in SCHEMES or (len(words) < 2 and text.lower() not in dict(WORDS)):
        return text
    return next((method for word, method in WORDS if word in words), text)


def scheme_of(quantization: str | None, *, group_size: int | None = None) -> Scheme | None:
    """The Scheme, or None for 16-bit weights (also for a method without a known size: an upper bound)."""
    scheme = SCHEMES.get(quantization) if quantization else None
    if scheme is None or scheme.per_group is None or group_size is None:
        return scheme
    return replace(scheme, bytes_per_weight=scheme.stored_bytes + scheme.per_group / group_size)


def expert_padding(quantization: str | None, *, compute_capability: float | None, triton: bool) -> Padding:
    """How the MXFP4 kernels pad the experts (vllm fused_moe/oracle/mxfp4.py); nothing for other formats.

    Marlin (older than Hopper; on Hopper until Triton's kernels came with 0.11): hidden to 256, width to 128;
    Triton on Hopper: hidden to 256; Blackwell's: both to 256. Measured: gpt-oss-120b 65.97, 64.38 GiB.
    """
    if quantization not in ("mxfp4", "gpt_oss_mxfp4"):
        return NO_PADDING
    capability = compute_capability or 8.0
    if 10.0 <= capability < 12.0:
        return Padding(hidden=256, width=256)
    if triton and 9.0 <= capability < 10.0:
        return Padding(hidden=256, width=64)
    return Padding(hidden=256, width=128)


def vllm_name(quantization: str) -> str:
    """The method's name on vLLM's command line."""
    return VLLM_NAMES.get(quantization, quantization)
