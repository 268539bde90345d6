"""Why a model does not fit on this machine, and what would."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from config.errors import Problem
from config.models import Compute
from sizing.catalog import Catalog
from sizing.fit_problems import closest, concurrency_problem, length_problem, machine
from sizing.local import Hardware
from sizing.local_machine import Machine, machine_of
from sizing.machines import Candidate
from sizing.parallel import largest_valid, objections

SMALLER = ("Qwen/Qwen2.5-7B-Instruct", "Qwen/Qwen2.5-3B-Instruct", "Qwen/Qwen2.5-1.5B-Instruct")


def local_fit_problem(chosen: Candidate, hardware: Hardware, catalog: Catalog) -> Problem:
    """For a candidate of this machine that does not hold the demand."""
    best = closest((chosen,), chosen.demand)
    ways = tuple(_ways(chosen, hardware, catalog))
    hint = f". It would fit with {', or with '.join(ways)}" if ways else ""
    if best.longest == 0:
        return _weights(best, catalog, hint)
    if best.longest < chosen.demand.max_model_len:
        return length_problem(best.model, chosen.demand, best, hint)
    return concurrency_problem(best.model, chosen.demand, best, hint)


def _ways(chosen: Candidate, hardware: Hardware, catalog: Catalog) -> Iterator[str]:
    """Single changes that make it fit, the least first."""
    demand, model = chosen.demand, chosen.model
    on_gpu = not chosen.launch.on_cpu
    if on_gpu and demand.kv_cache_dtype is None and chosen.asked(replace(demand, kv_cache_dtype="fp8")).holds:
        yield "serving.kvCacheDtype: fp8"
    plain = on_gpu and model.quantization is None and demand.quantization is None
    legal = plain and not objections(model, chosen.tensor_parallel_size, quantization="fp8")
    if legal and chosen.asked(replace(demand, quantization="fp8")).holds:
        yield "model.quantization: fp8"
    more = machine_of(Compute(), hardware, catalog)
    if on_gpu and isinstance(more, Machine) and more.instance.gpu_count > chosen.tensor_parallel_size:
        count = largest_valid(model, limit=more.instance.gpu_count, quantization=demand.quantization)
        kind = replace(chosen.kind, gpu=more.instance.whole_gpu, tensor_parallel_size=count)
        if Candidate(kind=kind, instance=more.instance).holds:
            yield f"compute.devices: all (and tensorParallel: {count})"


def _weights(best: Candidate, catalog: Catalog, hint: str) -> Problem:
    memory, model = best.memory, best.model
    need = memory.weights_gib + memory.activation_gib + memory.overhead_gib
    each = "" if best.launch.on_cpu else " per GPU"
    return Problem(
        path="vllm:model.id",
        given=model.id,
        allowed="a smaller or a quantised model, or more GPU memory",
        example=_smaller(best, catalog),
        message=f"{model.id} does not fit on {machine(best)}: it needs {memory.weights_gib:.1f} GiB{each} for weights, "
        f"{need:.1f} with activations and overhead, of {memory.usable_gib:.1f} usable, and room for a cache{hint}",
    )


def _smaller(best: Candidate, catalog: Catalog) -> str:
    """A well-known open model that fits here, the largest of a few."""
    demand = replace(best.demand, quantization=None, concurrency=1)
    for name in SMALLER:
        model = catalog.model(name)
        if model is not None and not objections(model, best.tensor_parallel_size):
            short = min(demand.max_model_len, model.max_position_embeddings)
            kind = replace(best.kind, model=model, demand=replace(demand, max_model_len=short, typical_tokens=short))
            if Candidate(kind=kind, instance=best.instance).holds:
                return name
    return "Qwen/Qwen2.5-0.5B-Instruct"
