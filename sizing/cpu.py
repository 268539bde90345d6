"""vLLM on the processor: how much memory it may take, and the KV cache that is asked of it.

With ``VLLM_CPU_KVCACHE_SPACE`` vLLM takes exactly that for the cache and does not look at ``--gpu-memory-utilization``,
which otherwise means a share of all memory that must be free at start (vllm/v1/worker/cpu_worker.py, platforms/cpu.py).
"""

from __future__ import annotations

import math
from dataclasses import replace

from sizing.choose import Fit
from sizing.machines import Candidate
from sizing.memory import request_gib

CPU_UTILIZATION = 0.7  # of the machine's memory, for weights, cache and programs; the rest is other programs'
LEAST_KV_SPACE_GIB = 4  # vLLM's own default
CPU_REPOSITORY = "vllm/vllm-openai-cpu"
"""Tags as those of the GPU image; each stands for x86_64 and arm64 (.buildkite/scripts of the release)."""
SETTLED = 4  # a smaller cache runs fewer requests, which takes a little less for their step


def kv_space_gib(option: Candidate) -> int:
    """As much as is asked for, at least vLLM's default where so much is there."""
    demand = option.demand
    longest = request_gib(option.model, option.launch, tokens=demand.max_model_len)
    together = demand.concurrency * request_gib(option.model, option.launch, tokens=demand.typical_tokens)
    need = math.ceil(max(longest, together))
    return max(need, min(LEAST_KV_SPACE_GIB, math.floor(option.memory.kv_cache_gib)), 1)


def with_kv_space(option: Candidate, *, gib: int) -> Candidate:
    """The same start of vLLM, with so much cache and no more: its share of the memory is what all of it comes to."""
    for _ in range(SETTLED):
        demand = replace(option.demand, gpu_memory_utilization=_share(option.fit, gib=gib))
        option = option.asked(demand)
    return option


def _share(fit: Fit, *, gib: int) -> float:
    terms = fit.terms
    taken = terms.weights_gib + terms.activation_gib + terms.overhead_gib + gib
    return (taken + 1e-6) / fit.launch.visible_gib
