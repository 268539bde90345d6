"""How sure the predicted KV cache is: the half-width of its band, from what start-up reports left unexplained.

Each term has its own uncertainty, independent of the others, so they add as squares. GiB per GPU.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sizing.activation import encoder_gib
from sizing.graphs import graphs_gib
from sizing.launch import Launch
from sizing.memory import A100
from sizing.model_spec import ModelSpec
from sizing.plan import Memory
from sizing.versions import CONSUMED_COUNTED, WORKSPACE_KEPT

# What remains with one GPU, a text model and 16-bit weights: kernels that CUDA loads, and the visible memory of a
# card, which differs between drivers by 0.1 GiB.
BASE_GIB = 0.07
VISIBLE_SHARE = 0.001
# "Model loading took" against the shape: 16-bit within 0.3 %; quantised checkpoints leave other layers out.
WEIGHTS_SHARE = 0.003
QUANTISED_SHARE = 0.015
# NCCL over PCIe or between machines takes what it finds; two reports of TP 2 are 0.4 and 0.85 GiB apart.
PARALLEL_GIB = 0.3
PARALLEL_A100_GIB = 0.1
GRAPHS_SHARE = 0.3  # vLLM's own estimate against ours, in logs of 0.19 to 0.27
ENCODER_SHARE = 0.15
EXPERTS_GIB = 0.3  # expert kernels' scratch since they keep it
# No report is of a version this new: the peak follows from its source alone.
UNMEASURED_SHARE = 0.2
Z_90 = 1.645  # the terms above are standard deviations; the band holds 90 %


@dataclass(frozen=True, kw_only=True)
class Band:
    """KV cache per GPU, GiB: nine in ten reports are between the two."""

    low_gib: float
    high_gib: float


def kv_cache_band(model: ModelSpec, launch: Launch, memory: Memory) -> Band:
    """The band around ``memory.kv_cache_gib``, which ``memory_of`` computed for the same model and launch."""
    terms = [BASE_GIB, VISIBLE_SHARE * memory.total_gib, GRAPHS_SHARE * graphs_gib(model, launch)]
    quantised = model.quantization or launch.quantization
    terms.append((QUANTISED_SHARE if quantised else WEIGHTS_SHARE) * memory.weights_gib)
    if launch.tensor_parallel_size > 1:
        terms.append(PARALLEL_A100_GIB if launch.compute_capability == A100 else PARALLEL_GIB)
    if model.experts and launch.vllm_version >= WORKSPACE_KEPT:
        terms.append(EXPERTS_GIB)
    terms.append(ENCODER_SHARE * encoder_gib(model, launch)[0])
    if launch.vllm_version >= CONSUMED_COUNTED:
        terms.append(UNMEASURED_SHARE * memory.activation_gib)
    half = Z_90 * math.sqrt(sum(term * term for term in terms))
    return Band(low_gib=memory.kv_cache_gib - half, high_gib=memory.kv_cache_gib + half)
