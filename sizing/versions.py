"""What changed between vLLM's versions in how it divides a GPU's memory. Read in the sources of each version named.

A version is a tuple of numbers, ``(0, 32)`` or ``(0, 10, 1)``; a shorter one is that series' first release.
"""

from __future__ import annotations

from typing import Literal

from sizing.model_spec import ModelSpec

Version = tuple[int, ...]
Sampler = Literal["sort", "flashinfer", "triton", "gumbel"]

PINNED: Version = (0, 32)

V1_ENGINE: Version = (0, 8)  # the default engine from here on; on GPUs below 8.0 only from 0.10.2
V1_ENGINE_TURING: Version = (0, 10, 2)
# 0.9 to 0.10.1: the image's sampler. From 0.10.2 its package is an extra, from 0.11.1 it must be asked for.
FLASHINFER_SAMPLER: tuple[Version, Version] = ((0, 9), (0, 10, 2))
TRITON_SAMPLER: Version = (0, 17)  # apply_top_k_top_p_triton in place of a sort of all logits
SEQUENCES_1024: tuple[Version, Version] = ((0, 8), (0, 8, 4))  # 1024 sequences by default on every GPU
ENCODER_BUDGET_HELD: tuple[Version, Version] = ((0, 11), (0, 13))  # the whole encoder cache is filled in profiling
A100_AS_SMALL: Version = (0, 9)  # an A100 of 80 GiB takes the batch defaults of smaller GPUs
CACHE_GROUPS: Version = (0, 9)  # layers of different kinds share the cache; in 0.8.5 all are made alike
LARGEST_DEFAULTS: Version = (0, 28)  # batch defaults of their own for GPUs of 160 GiB and more
UTILIZATION_092: Version = (0, 20)  # default of --gpu-memory-utilization: 0.92; 0.90 before
GRAPHS_COUNTED: Version = (0, 20)  # CUDA graphs are estimated and taken out of the budget
CONSUMED_COUNTED: Version = (0, 28)  # all memory since start counts, buffers made before the profiling run too
WORKSPACE_KEPT: Version = (0, 15)  # experts' scratch stays allocated while the sampler is profiled
GRAPH_STEP_16: Version = (0, 12)  # above 256 sequences in steps of 16; 8 before
V2_RUNNER_DENSE: Version = (0, 28)  # model runner V2 for models without experts or linear attention
V2_RUNNER_ALL: Version = (0, 31)

CPU_BATCH_DEFAULTS = (128, 2048)  # of one rank (vllm/engine/arg_utils.py get_batch_defaults)


def default_utilization(version: Version) -> float:
    """vLLM's own ``--gpu-memory-utilization`` (vllm/config/cache.py)."""
    return 0.92 if version >= UTILIZATION_092 else 0.90


def runs_v1_engine(version: Version, *, compute_capability: float | None) -> bool:
    """Whether engine V1 profiles the memory: everything current; V0 where V1 did not run yet."""
    turing = compute_capability is not None and compute_capability < 8.0
    return version >= (V1_ENGINE_TURING if turing else V1_ENGINE)


def caches_by_group(version: Version, *, compute_capability: float | None) -> bool:
    """Whether windowed layers hold only their window; before, every layer held the whole context."""
    return version >= CACHE_GROUPS and runs_v1_engine(version, compute_capability=compute_capability)


def runs_v2_runner(version: Version, model: ModelSpec) -> bool:
    """Whether the model runner V2 profiles the memory (vllm/config/vllm.py use_v2_model_runner)."""
    if version >= V2_RUNNER_ALL:
        return True
    return version >= V2_RUNNER_DENSE and model.experts is None and model.linear is None


def sampler_of(version: Version, model: ModelSpec, *, compute_capability: float | None) -> Sampler:
    """What the profiling run samples with: it decides how many copies of the logits exist at once."""
    if runs_v2_runner(version, model):
        return "gumbel"
    if version >= TRITON_SAMPLER:
        return "triton"
    first, end = FLASHINFER_SAMPLER
    v1 = runs_v1_engine(version, compute_capability=compute_capability)
    return "flashinfer" if v1 and first <= version < end else "sort"


def batch_defaults(version: Version, *, visible_gib: float, gpu_name: str) -> tuple[int, int]:
    """``max_num_seqs`` and ``max_num_batched_tokens`` of ``vllm serve`` (vllm/engine/arg_utils.py).

    ``visible_gib``: memory of one GPU as torch sees it.
    """
    if version < V1_ENGINE:
        return 256, 2048
    if SEQUENCES_1024[0] <= version < SEQUENCES_1024[1]:
        return 1024, 8192 if visible_gib >= 70 else 2048
    if version >= LARGEST_DEFAULTS and visible_gib >= 160:
        return 1024, 16384
    large = visible_gib >= 70 and "GB10" not in gpu_name
    if large and ("A100" not in gpu_name or version < A100_AS_SMALL):
        return 1024, 8192
    return 256, 2048
