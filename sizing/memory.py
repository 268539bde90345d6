"""Where the memory of a GPU goes when vLLM starts; GiB per GPU.

usable = total x utilisation; kv_cache = usable - weights - activation - overhead. vLLM measures activation and
overhead in a profiling run; here each is a function of its own with the measurements it rests on.
"""

from __future__ import annotations

from dataclasses import dataclass

from sizing.kv import BLOCK_TOKENS, bytes_per_token, kv_element_bytes, request_bytes
from sizing.model_spec import ModelSpec
from sizing.plan import Memory
from sizing.weights import GIB, dtype_bytes, rotary_table_bytes, weights_bytes

# Float32 copies of the logits alive in the sampler of the profiling run (FlashInfer's, the default of 0.32 on
# CUDA; taken from 0.20 on): Qwen2-7B with 256 sequences needed 0.55 GiB for this and all else on one A100.
SAMPLER_COPIES = 3.0
# PyTorch's own sampler, the default before: 9.6-9.75 copies for three vocabularies, at 256 and at 1024 sequences.
TORCH_SAMPLER_COPIES = 9.7
# Process memory outside torch: CUDA context growth and NCCL buffers; 0.03-0.15 and 0.36-0.6 GiB in public logs.
NON_TORCH_GIB = 0.15
NON_TORCH_NCCL_GIB = 0.6
# CUDA graphs: 0.5 GiB at 32 layers, 0.65 at 28 layers on two GPUs, 0.9-1.9 at 80 layers on four.
GRAPHS_BASE_GIB = 0.25
GRAPHS_PER_LAYER_GIB = 0.008
GRAPHS_PARALLEL_FACTOR = 1.5


@dataclass(frozen=True, kw_only=True)
class Launch:
    """How vLLM is started on one replica. ``visible_gib`` is per GPU, as torch sees it; None: vLLM's own choice."""

    visible_gib: float
    tensor_parallel_size: int
    gpu_memory_utilization: float
    max_model_len: int
    max_num_seqs: int
    max_num_batched_tokens: int
    dtype: str = "auto"
    quantization: str | None = None
    kv_cache_dtype: str | None = None
    enforce_eager: bool = False
    graphs_in_budget: bool = True  # vLLM before 0.21 captured them outside its budget
    sampler_copies: float = SAMPLER_COPIES
    checkpoint_gib: float | None = None  # known size of the files, in place of the computed one


def computed_dtype(model: ModelSpec, launch: Launch) -> str:
    return model.dtype if launch.dtype == "auto" else launch.dtype


def weights_gib(model: ModelSpec, launch: Launch) -> float:
    if launch.checkpoint_gib is not None:
        return launch.checkpoint_gib / launch.tensor_parallel_size + rotary_table_bytes(model) / GIB
    return (
        weights_bytes(
            model,
            tensor_parallel_size=launch.tensor_parallel_size,
            dtype=launch.dtype,
            quantization=launch.quantization,
        )
        / GIB
    )


def activation_gib(model: ModelSpec, launch: Launch) -> float:
    """Peak of the profiling run: the larger of a step of ``max_num_batched_tokens`` and the sampler."""
    width = model.intermediate_size
    if model.experts:
        width = max(width, model.experts.per_token * model.experts.intermediate_size)
    element = dtype_bytes(computed_dtype(model, launch))
    per_token = (4 * model.hidden_size + 2 * width / launch.tensor_parallel_size) * element
    step = launch.max_num_batched_tokens * per_token
    sampler = launch.sampler_copies * launch.max_num_seqs * model.vocab_size * 4
    return max(step, sampler) / GIB


def non_torch_gib(launch: Launch) -> float:
    return NON_TORCH_NCCL_GIB if launch.tensor_parallel_size > 1 else NON_TORCH_GIB


def graphs_gib(model: ModelSpec, launch: Launch) -> float:
    """CUDA graphs; inside vLLM's budget since 0.21, so for every image that may be used."""
    if launch.enforce_eager or not launch.graphs_in_budget:
        return 0.0
    factor = GRAPHS_PARALLEL_FACTOR if launch.tensor_parallel_size > 1 else 1.0
    return GRAPHS_BASE_GIB + GRAPHS_PER_LAYER_GIB * model.layers * factor


def request_gib(model: ModelSpec, launch: Launch, *, tokens: int) -> float:
    """KV cache of one request, per GPU."""
    return (
        request_bytes(
            model,
            tokens=tokens,
            tensor_parallel_size=launch.tensor_parallel_size,
            element=_element(model, launch),
            batched_tokens=launch.max_num_batched_tokens,
        )
        / GIB
    )


def _element(model: ModelSpec, launch: Launch) -> float:
    return kv_element_bytes(launch.kv_cache_dtype, dtype=computed_dtype(model, launch))


def memory_of(model: ModelSpec, launch: Launch) -> Memory:
    """All terms. Where the model does not fit, ``kv_cache_gib`` is negative and ``kv_cache_tokens`` 0.

    ``kv_cache_tokens`` is what requests of ``max_model_len`` can fill: for windowed and hybrid models vLLM's
    "maximum concurrency" times the length, which its plain token count overstates.
    """
    usable = launch.visible_gib * launch.gpu_memory_utilization
    weights = weights_gib(model, launch)
    activation = activation_gib(model, launch)
    overhead = non_torch_gib(launch) + graphs_gib(model, launch)
    kv_cache = usable - weights - activation - overhead
    per_request = request_gib(model, launch, tokens=launch.max_model_len)
    tokens = int(max(kv_cache, 0.0) / per_request * launch.max_model_len)
    return Memory(
        total_gib=launch.visible_gib,
        usable_gib=usable,
        weights_gib=weights,
        activation_gib=activation,
        overhead_gib=overhead,
        kv_cache_gib=kv_cache,
        kv_cache_tokens=tokens // BLOCK_TOKENS * BLOCK_TOKENS,
        kv_bytes_per_token=bytes_per_token(
            model, tensor_parallel_size=launch.tensor_parallel_size, element=_element(model, launch)
        ),
    )


def max_concurrency(memory: Memory, *, max_model_len: int) -> float:
    """Requests of full length that fit at once, as vLLM prints it at start-up."""
    return memory.kv_cache_tokens / max_model_len


def requests_that_fit(model: ModelSpec, launch: Launch, *, kv_cache_gib: float, tokens: int) -> int:
    """Requests of ``tokens`` (prompt and answer) that the cache holds at once."""
    return int(max(kv_cache_gib, 0.0) / request_gib(model, launch, tokens=tokens))


def longest_that_fits(model: ModelSpec, launch: Launch, *, kv_cache_gib: float, limit: int) -> int:
    """The longest request that the cache holds alone, at most ``limit`` tokens; 0: not even one block."""
    low, high = 0, -(-limit // BLOCK_TOKENS)
    while low < high:
        middle = (low + high + 1) // 2
        if request_gib(model, launch, tokens=middle * BLOCK_TOKENS) <= kv_cache_gib:
            low = middle
        else:
            high = middle - 1
    return min(low * BLOCK_TOKENS, limit)
