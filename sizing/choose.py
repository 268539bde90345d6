"""How vLLM would be started on a GPU for what is asked, and what that holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import NamedTuple

from sizing import versions
from sizing.catalog import Gpu
from sizing.kv import RequestCost
from sizing.launch import CPU, Launch
from sizing.memory import Terms, cost_of_requests, memory_from, terms_of, tokens_of, weights_gib
from sizing.model_spec import ModelSpec
from sizing.plan import Memory
from sizing.versions import PINNED
from sizing.weights import GIB


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
    """One way to start vLLM for a demand: ``requests`` of the typical length fit at once."""

    model: ModelSpec
    launch: Launch
    demand: Demand
    terms: Terms
    cost: RequestCost
    requests: int
    holds_longest: bool

    @cached_property
    def memory(self) -> Memory:
        return memory_from(self.terms, self.cost, self.model, self.launch)

    @property
    def at_once(self) -> float:
        """Requests of the full length that fit at once, as vLLM prints it at start-up."""
        length = self.launch.max_model_len
        return tokens_of(self.terms, self.cost, max_model_len=length) / length

    @property
    def holds(self) -> bool:
        """Whether all of the demand fits."""
        return min(self.requests, self.launch.max_num_seqs) >= self.demand.concurrency and self.holds_longest

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
    """The pinned vLLM's own ``max_num_seqs`` and ``max_num_batched_tokens``."""
    if gpu.compute_capability == CPU:
        return versions.CPU_BATCH_DEFAULTS
    return versions.batch_defaults(PINNED, visible_gib=gpu.visible_gib, gpu_name=gpu.name)


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
        max_num_batched_tokens=demand.max_num_batched_tokens
        or batched_tokens(batch_defaults(gpu)[1], demand, seqs=seqs),
        dtype=launch_dtype(gpu, model),
        quantization=demand.quantization,
        kv_cache_dtype=demand.kv_cache_dtype,
        enforce_eager=demand.enforce_eager,
        compute_capability=gpu.compute_capability,
    )


def most_seqs(gpu: Gpu, demand: Demand) -> int:
    """The most sequences that help: vLLM's own for the GPU, or what is asked for, within a batch that was given."""
    most = max(batch_defaults(gpu)[0], demand.concurrency)
    return min(most, demand.max_num_batched_tokens or most)


def batched_tokens(own: int, demand: Demand, *, seqs: int) -> int:
    """``own``, vLLM's for the GPU; not more than all sequences together have, not less than one token of each.

    The upper bound is vLLM's too (vllm/engine/arg_utils.py, min with max_num_seqs * max_model_len).
    """
    return max(min(own, seqs * demand.max_model_len), seqs)


class Trial(NamedTuple):
    """What the cache holds with so many sequences. A tuple, because a plan makes dozens of them."""

    seqs: int
    requests: int
    holds_longest: bool
    terms: Terms
    cost: RequestCost

    @property
    def good(self) -> bool:
        return self.requests >= self.seqs and self.holds_longest


Room = Callable[[int, int], tuple[Terms, RequestCost]]


@lru_cache(maxsize=16384)
def _room(
    model: ModelSpec,
    gpu: Gpu,
    tensor_parallel_size: int,
    gpu_memory_utilization: float,
    quantization: str | None,
    kv_cache_dtype: str | None,
    enforce_eager: bool,
) -> Room:
    """Memory as a function of sequences and of the tokens of a step; plans for other lengths and loads share it."""

    fewest = Launch(
        visible_gib=gpu.visible_gib,
        tensor_parallel_size=tensor_parallel_size,
        gpu_memory_utilization=gpu_memory_utilization,
        max_model_len=1,  # the terms do not depend on it
        max_num_seqs=1,
        max_num_batched_tokens=1,
        dtype=launch_dtype(gpu, model),
        quantization=quantization,
        kv_cache_dtype=kv_cache_dtype,
        enforce_eager=enforce_eager,
        compute_capability=gpu.compute_capability,
    )
    weights = weights_gib(model, fewest)

    @lru_cache(maxsize=256)
    def room(seqs: int, batched: int) -> tuple[Terms, RequestCost]:
        launch = replace(fewest, max_num_seqs=seqs, max_num_batched_tokens=batched)
        return terms_of(model, launch, weights=weights), cost_of_requests(model, launch)

    return room


def trials(model: ModelSpec, gpu: Gpu, *, tensor_parallel_size: int, demand: Demand) -> Callable[[int], Trial]:
    """What so many sequences come to."""
    room = _room(
        model,
        gpu,
        tensor_parallel_size,
        demand.gpu_memory_utilization,
        demand.quantization,
        demand.kv_cache_dtype,
        demand.enforce_eager,
    )
    own, given = batch_defaults(gpu)[1], demand.max_num_batched_tokens

    def tried(seqs: int) -> Trial:
        terms, cost = room(seqs, given or batched_tokens(own, demand, seqs=seqs))
        requests, longest = held(terms, cost, demand)
        return Trial(seqs, requests, longest, terms, cost)

    return tried


def held(terms: Terms, cost: RequestCost, demand: Demand) -> tuple[int, bool]:
    """Requests of the typical length that fit at once, and whether one of the full length does."""
    room = terms.kv_cache_gib
    requests = int(max(room, 0.0) / (cost.bytes(demand.typical_tokens) / GIB))
    return requests, cost.bytes(demand.max_model_len) / GIB <= room


def fit_of(model: ModelSpec, gpu: Gpu, *, tensor_parallel_size: int, demand: Demand) -> Fit:
    """With as many sequences as help and as the cache holds at ``typical_tokens``, but no fewer than are asked for.

    Sequences take memory from the cache (the sampler's rows), so their number and what the cache holds are found
    together: the largest number that the cache left by it still holds.
    """
    tried = trials(model, gpu, tensor_parallel_size=tensor_parallel_size, demand=demand)
    return _fit(model, gpu, tried, tensor_parallel_size=tensor_parallel_size, demand=demand)


def fit_if_possible(model: ModelSpec, gpu: Gpu, *, tensor_parallel_size: int, demand: Demand) -> Fit | None:
    """None where the demand would not fit even if its sequences took no memory: that is the same for all loads."""
    tried = trials(model, gpu, tensor_parallel_size=tensor_parallel_size, demand=demand)
    fewest = tried(1)
    if not fewest.holds_longest or fewest.requests < demand.concurrency:
        return None
    return _fit(model, gpu, tried, tensor_parallel_size=tensor_parallel_size, demand=demand)


def _fit(
    model: ModelSpec, gpu: Gpu, tried: Callable[[int], Trial], *, tensor_parallel_size: int, demand: Demand
) -> Fit:
    if demand.max_num_seqs is not None:
        found = tried(demand.max_num_seqs)
    else:
        found = _most_that_fit(tried, demand, most=most_seqs(gpu, demand))
    launch = launch_on(model, gpu, tensor_parallel_size=tensor_parallel_size, demand=demand, max_num_seqs=found.seqs)
    return Fit(
        model=model,
        launch=launch,
        demand=demand,
        terms=found.terms,
        cost=found.cost,
        requests=found.requests,
        holds_longest=found.holds_longest,
    )


def _most_that_fit(tried: Callable[[int], Trial], demand: Demand, *, most: int) -> Trial:
    """The largest number of sequences, at most ``most``, that is good; where none is, what is asked for."""
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
    while found.seqs < high:
        trial = tried(high)
        if trial.good:
            return trial
        # What is held with as many is held with fewer; a number that gains nothing is followed by the middle.
        lower = trial.requests if trial.holds_longest else 0
        middle = tried(lower) if lower > found.seqs else tried((found.seqs + high) // 2)
        high -= 1
        if middle.good:
            found, high = middle, min(high, middle.requests)
        else:
            high = middle.seqs - 1
    return found


def fit_with(model: ModelSpec, launch: Launch, demand: Demand) -> Fit:
    """What exactly this start of vLLM holds of the demand."""
    terms, cost = terms_of(model, launch), cost_of_requests(model, launch)
    requests, longest = held(terms, cost, demand)
    return Fit(
        model=model,
        launch=launch,
        demand=demand,
        terms=terms,
        cost=cost,
        requests=requests,
        holds_longest=longest,
    )


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
