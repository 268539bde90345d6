"""The lowest CUDA compute capability that a model needs with the pinned vLLM, and why."""

from __future__ import annotations

from dataclasses import dataclass

from sizing.flags import FlagSet
from sizing.model_spec import ModelSpec
from sizing.quantization import vllm_name

IMAGE_FLOOR = 7.5  # the image has no kernels below it: vllm docker/Dockerfile TORCH_CUDA_ARCH_LIST
BFLOAT16_FLOOR = 8.0


@dataclass(frozen=True, kw_only=True)
class Floor:
    """``reason``: why nothing older will do, a clause that can stand alone."""

    capability: float
    reason: str


def floor_of(model: ModelSpec, *, quantization: str | None, flags: FlagSet) -> Floor:
    """The strictest of image, number format and quantization method."""
    method = quantization or (vllm_name(model.quantization) if model.quantization else None)
    floors = [Floor(capability=IMAGE_FLOOR, reason=f"vLLM's image has kernels for {IMAGE_FLOOR} and newer")]
    if model.needs_bfloat16:
        floors.append(
            Floor(capability=BFLOAT16_FLOOR, reason=f"it overflows in float16, and bfloat16 needs {BFLOAT16_FLOOR}")
        )
    if method and (capability := flags.capability_of(method)):
        floors.append(Floor(capability=capability, reason=f"{method} needs {capability}"))
    return max(floors, key=lambda floor: floor.capability)
