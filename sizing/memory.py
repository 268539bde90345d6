"""Where the memory of a GPU goes when vLLM starts; GiB per GPU.

usable = total x utilisation; kv_cache = usable - weights - activation - overhead. vLLM measures activation and
overhead in a profiling run; here each is a function of its own with the measurements it rests on.
"""

from __future__ import annotations

from dataclasses import dataclass

from sizing.activation import activation_gib
from sizing.graphs import graphs_gib
from sizing.kv import BLOCK_TOKENS, RequestCost, bytes_per_token, kv_element_bytes, request_cost
from sizing.launch import Launch, computed_dtype
from sizing.model_spec import ModelSpec
from sizing.plan import Memory
from sizing.quantization import expert_padding
from sizing.versions import caches_by_group
from sizing.weights import GIB, rotary_table_bytes, weights_bytes

# What the process takes outside torch while it is profiled: kernels that CUDA loads. 0.02 to 0.05 GiB in start-up
# logs of T4, L4, A10G and A100; 0.07 to 0.14 on Hopper.
KERNELS_GIB = 0.03
KERNELS_HOPPER_GIB = 0.12
# On a CPU, the programs themselves: API server, engine and worker, each with torch loaded (assumed, 0.7 each).
CPU_PROCESSES_GIB = 2.1
# Buffers of NCCL and custom all-reduce with more than one GPU. Two A100 with NVLink: 0.13 GiB. Two H100: 0.41, NVLink
# switches keep a copy. Over PCIe NCCL stages everything: 0.4 to 0.8 in five reports of RTX 3090, RTX 4090 and L4.
PARALLEL_A100_GIB = 0.13
PARALLEL_SWITCH_GIB = 0.41
PARALLEL_PCIE_GIB = 0.6
A100 = 8.0  # compute capabilities of GPUs with NVLink
SWITCHED = (9.0, 10.0, 10.3)
TRITON_EXPERTS = (0, 11)  # MXFP4 on Hopper by Triton's kernels; by Marlin before


def weights_gib(model: ModelSpec, launch: Launch) -> float:
    """What "Model loading took" says."""
    if launch.checkpoint_gib is not None:
        return launch.checkpoint_gib / launch.tensor_parallel_size + rotary_table_bytes(model) / GIB
    padding = expert_padding(
        model.quantization or launch.quantization,
        compute_capability=launch.compute_capability,
        triton=launch.vllm_version >= TRITON_EXPERTS,
    )
    return (
        weights_bytes(
            model,
            tensor_parallel_size=launch.tensor_parallel_size,
            dtype=launch.dtype,
            quantization=launch.quantization,
            padding=padding,
        )
        / GIB
    )


def non_torch_gib(launch: Launch) -> float:
    """Memory of the process that torch does not manage."""
    if launch.on_cpu:
        return CPU_PROCESSES_GIB
    hopper = launch.compute_capability is not None and launch.compute_capability >= 9.0
    kernels = KERNELS_HOPPER_GIB if hopper else KERNELS_GIB
    if launch.tensor_parallel_size == 1:
        return kernels
    if launch.compute_capability == A100:
        return kernels + PARALLEL_A100_GIB
    return kernels + (PARALLEL_SWITCH_GIB if launch.compute_capability in SWITCHED else PARALLEL_PCIE_GIB)


def cost_of_requests(model: ModelSpec, launch: Launch) -> RequestCost:
    """What requests hold of the cache, as a function of their tokens."""
    return request_cost(
        model,
        tensor_parallel_size=launch.tensor_parallel_size,
        element=_element(model, launch),
        batched_tokens=launch.max_num_batched_tokens,
        grouped=caches_by_group(launch.vllm_version, compute_capability=launch.compute_capability),
    )


def request_gib(model: ModelSpec, launch: Launch, *, tokens: int) -> float:
    """KV cache of one request, per GPU."""
    return cost_of_requests(model, launch).bytes(tokens) / GIB


def _element(model: ModelSpec, launch: Launch) -> float:
    return kv_element_bytes(launch.kv_cache_dtype, dtype=computed_dtype(model, launch))


@dataclass(frozen=True, kw_only=True, slots=True)
class Terms:
    """How vLLM will divide the memory of each GPU, whatever the length of requests: nothing here depends on it."""

    usable_gib: float
    weights_gib: float
    activation_gib: float
    overhead_gib: float
    kv_cache_gib: float


def terms_of(model: ModelSpec, launch: Launch, *, weights: float | None = None) -> Terms:
    """Where the model does not fit, ``kv_cache_gib`` is negative. ``weights``: ``weights_gib``, where it is known."""
    usable = launch.visible_gib * launch.gpu_memory_utilization
    weights = weights_gib(model, launch) if weights is None else weights
    activation = activation_gib(model, launch)
    overhead = non_torch_gib(launch) + graphs_gib(model, launch)
    return Terms(
        usable_gib=usable,
        weights_gib=weights,
        activation_gib=activation,
        overhead_gib=overhead,
        kv_cache_gib=usable - weights - activation - overhead,
    )


def memory_from(terms: Terms, cost: RequestCost, model: ModelSpec, launch: Launch) -> Memory:
    """The terms of this launch, and what they come to in tokens."""
    return Memory(
        total_gib=launch.visible_gib,
        usable_gib=terms.usable_gib,
        weights_gib=terms.weights_gib,
        activation_gib=terms.activation_gib,
        overhead_gib=terms.overhead_gib,
        kv_cache_gib=terms.kv_cache_gib,
        kv_cache_tokens=tokens_of(terms, cost, max_model_len=launch.max_model_len),
        kv_bytes_per_token=bytes_per_token(
            model, tensor_parallel_size=launch.tensor_parallel_size, element=_element(model, launch)
        ),
    )


def tokens_of(terms: Terms, cost: RequestCost, *, max_model_len: int) -> int:
    """``kv_cache_tokens``: what requests of ``max_model_len`` can fill; 0 where the model does not fit.

    For windowed and hybrid models that is vLLM's "maximum concurrency" times the length, which its plain token count
    overstates.
    """
    per_request = cost.bytes(max_model_len) / GIB
    tokens = int(max(terms.kv_cache_gib, 0.0) / per_request * max_model_len)
    return tokens // BLOCK_TOKENS * BLOCK_TOKENS


def memory_of(model: ModelSpec, launch: Launch) -> Memory:
    """All terms, and the tokens that the cache holds."""
    return memory_from(terms_of(model, launch), cost_of_requests(model, launch), model, launch)


def max_concurrency(memory: Memory, *, max_model_len: int) -> float:
    """Requests of full length that fit at once, as vLLM prints it at start-up."""
    return memory.kv_cache_tokens / max_model_len


def longest_that_fits(model: ModelSpec, launch: Launch, *, kv_cache_gib: float, limit: int) -> int:
    """The longest request that the cache holds alone, at most ``limit`` tokens; 0: not even one block."""
    return cost_of_requests(model, launch).longest(max(kv_cache_gib, 0.0) * GIB, limit=limit)
