"""How sure the prediction of the KV cache is. A placeholder: the band is to come from residuals of start-up reports."""

from __future__ import annotations

from sizing.memory import Launch
from sizing.model_spec import ModelSpec
from sizing.plan import Memory

SHARE_OF_USABLE = 0.02  # about 0.4 GiB of an L4


def kv_band_gib(model: ModelSpec, launch: Launch, memory: Memory) -> float:
    """GiB per GPU: vLLM reports ``memory.kv_cache_gib`` less or more this in nine cases of ten."""
    del model, launch
    return SHARE_OF_USABLE * memory.usable_gib
