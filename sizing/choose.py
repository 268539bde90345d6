"""How vLLM would be started on a GPU for what is asked, and what that holds."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from functools import cached_property, lru_cache
from operator import attrgetter

from sizing.catalog import Gpu
from sizing.media import is_multimodal
from sizing.memory import Launch, memory_of, request_gib, requests_that_fit
from sizing.model_spec import ModelSpec
from sizing.plan import Memory


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What one replica must hold: one request of ``max_model_len``, and ``concurrency`` of ``typical_tokens``.

    ``max_num_seqs`` and ``max_num_batched_tokens`` are the user's own, None: the planner's choice.
    """

    max_model_len: int
    concurrency: int
    typical_tokens: int
    gpu_memory_utilization: float
    max_num_seqs: int | None
    max_num_batched_tokens: int | None
    quantization: str | None
    kv_cache_dtype: str | None
    enforce_eager: bool = False


@dataclass(frozen=True, kw_only=True)
class Fit:
    """One way to start vLLM for a demand: ``requests`` of the typical length fit at once.

    ``terms``: memory as vLLM will divide it, but with the tokens of ``terms_length``; ``memory`` has the launch's.
    """

    model: ModelSpec
    launch: Launch
    demand: Demand
    terms: Memory
    terms_length: int
    requests: int

    @cached_property
    def memory(self) -> Memory:
        if self.terms_length == self.launch.max_model_len:
            return self.terms
        return memory_of(self.model, self.launch)

    @cached_property
    def holds(self) -> bool:
        """Whether all of the demand fits."""
        return min(self.requests, self.launch.max_num_seqs) >= self.demand.concurrency and self.holds_longest

    @cached_property
    def holds_longest(self) -> bool:
        longest = request_gib(self.model, self.launch, tokens=self.launch.max_model_len)
        return longest <= self.terms.kv_cache_gib

    @property
    def good(self) -> bool:
        """Whether the cache holds as many requests as may run, and one of the full length."""
        return self.requests >= self.launch.max_num_seqs and self.holds_longest


def vcpu_floor(gpus: int) -> int:
    """vCPUs below which vLLM's engine core, which busy-loops, waits: 2+N physical cores for N GPUs, two vCPUs each.

    Source: vllm docs/configuration/optimization.md.
    """
    return 2 * (2 + gpus)


def batch_defaults(gpu: Gpu) -> tuple[int, int]:
    """vLLM's own ``max_num_seqs`` and ``max_num_batched_tokens`` (vllm/engine/arg_utils.py get_batch_defaults)."""
    if gpu.visible_gib >= 160:
        return 1024, 16384
    if gpu.visible_gib >= 70 and "A100" not in gpu.name:
        return 1024, 8192
    return 256, 2048


def launch_dtype(gpu: Gpu, model: ModelSpec) -> str:
    """``half`` where the GPU lacks bfloat16 (T4) and the model asks for it; else the model's own."""
    return "half" if not gpu.bf16 and model.dtype == "bfloat16" else "auto"


def launch_on(
    model: ModelSpec, gpu: Gpu, *, tensor_parallel_size: int, demand: Demand, max_num_seqs: int | None = None
) -> Launch:
    """With ``max_num_seqs`` sequences: by default what the user asks for, else the most that can help."""
    seqs = max_num_seqs or demand.max_num_seqs or most_seqs(gpu, demand)
    return Launch(
        visible_gib=gpu.visible_gib,
        tensor_parallel_size=tensor_parallel_size,
        gpu_memory_utilization=demand.gpu_memory_utilization,
        max_model_len=demand.max_model_len,
        max_num_seqs=seqs,
        max_num_batched_tokens=demand.max_num_batched_tokens or batched_tokens(gpu, demand, seqs=seqs),
        dtype=launch_dtype(gpu, model),
        quantization=demand.quantization,
        kv_cache_dtype=demand.kv_cache_dtype,
        enforce_eager=demand.enforce_eager,
    )


def most_seqs(gpu: Gpu, demand: Demand) -> int:
    """The most sequences that help: vLLM's own for the GPU, or what is asked for, within a batch that was given."""
    most = max(batch_defaults(gpu)[0], demand.concurrency)
    return min(most, demand.max_num_batched_tokens or most)


def batched_tokens(gpu: Gpu, demand: Demand, *, seqs: int) -> int:
    """vLLM's own for the GPU; not more than all sequences together have, not less than one token of each.

    The upper bound is vLLM's too (vllm/engine/arg_utils.py, min with max_num_seqs * max_model_len).
    """
    return max(min(batch_defaults(gpu)[1], seqs * demand.max_model_len), seqs)


@lru_cache(maxsize=16384)
def fit_of(model: ModelSpec, gpu: Gpu, *, tensor_parallel_size: int, demand: Demand) -> Fit:
    """With as many sequences as help and as the cache holds at ``typical_tokens``, but no fewer than are asked for.

    Sequences take memory from the cache (the sampler's rows), so their number and what the cache holds are found
    together: the largest number that the cache left by it still holds.
    """

    def tried(seqs: int | None) -> Fit:
        launch = launch_on(model, gpu, tensor_parallel_size=tensor_parallel_size, demand=demand, max_num_seqs=seqs)
        return fit_with(model, launch, demand)

    if demand.max_num_seqs is not None:
        return tried(None)
    most = most_seqs(gpu, demand)
    best = tried(most)
    if best.good:
        return best
    # Fewer sequences leave more cache, so as many as the cache holds with the most are held.
    found = tried(max(best.requests, demand.concurrency))
    if not found.good and best.requests > demand.concurrency:
        found = tried(demand.concurrency)
    if not found.good:
        return found
    high = min(most - 1, found.requests)
    while found.launch.max_num_seqs < high:
        middle = tried((found.launch.max_num_seqs + high + 1) // 2)
        if middle.good:
            found = middle
        else:
            high = middle.launch.max_num_seqs - 1
    return found


_but_length = attrgetter(*(each.name for each in fields(Launch) if each.name != "max_model_len"))
_TERMS: dict[tuple[object, ...], tuple[Memory, int]] = {}
KEPT_TERMS = 100_000


def terms_of(model: ModelSpec, launch: Launch) -> tuple[Memory, int]:
    """How vLLM will divide the memory, and the length that its tokens are of: plans of other lengths share the rest.

    What vLLM profiles does not depend on ``max_model_len``, but for encoders of images, whose items it may cut.
    """
    key = (model, _but_length(launch), launch.max_model_len if is_multimodal(model) else None)
    found = _TERMS.get(key)
    if found is None:
        if len(_TERMS) >= KEPT_TERMS:
            _TERMS.clear()
        found = _TERMS[key] = memory_of(model, launch), launch.max_model_len
    return found


def fit_with(model: ModelSpec, launch: Launch, demand: Demand) -> Fit:
    """What exactly this start of vLLM holds of the demand."""
    terms, length = terms_of(model, launch)
    requests = requests_that_fit(model, launch, kv_cache_gib=terms.kv_cache_gib, tokens=demand.typical_tokens)
    return Fit(model=model, launch=launch, demand=demand, terms=terms, terms_length=length, requests=requests)


def most_requests(model: ModelSpec, gpu: Gpu, *, tensor_parallel_size: int, demand: Demand) -> int:
    """The largest concurrency that this machine holds.

    Fewer requests also need less memory for the sampler, so ``Fit.requests`` alone is too low a bound.
    """
    low, high = 0, demand.concurrency
    while low < high:
        middle = (low + high + 1) // 2
        wished = replace(demand, concurrency=middle)
        fit = fit_of(model, gpu, tensor_parallel_size=tensor_parallel_size, demand=wished)
        low, high = (middle, high) if fit.holds else (low, middle - 1)
    return low
