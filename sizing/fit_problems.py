"""Why nothing fits, said as the one key to change, with the largest value that does fit."""

from __future__ import annotations

from config.errors import Problem
from config.models import StackConfig
from sizing.choose import Candidate, Demand
from sizing.model_spec import ModelSpec


def machine(option: Candidate) -> str:
    gpus = option.launch.tensor_parallel_size
    return f"{option.instance.instance_type} ({gpus} x {option.gpu.name}, {option.gpu.visible_gib:g} GiB each)"


def _most_roomy(options: tuple[Candidate, ...]) -> Candidate:
    """The machine that comes closest: the longest request, then the most requests, then the cheapest."""
    return max(options, key=lambda c: (c.longest, c.requests, c.memory.kv_cache_gib, -c.hourly_usd))


def fit_problem(
    config: StackConfig,
    model: ModelSpec,
    demand: Demand,
    *,
    options: tuple[Candidate, ...],
    elsewhere: tuple[Candidate, ...],
) -> Problem:
    """For ``options`` (not empty), none of which holds the demand. ``elsewhere``: machines that do, cheapest first."""
    best = _most_roomy(options)
    hint = f"; {machine(elsewhere[0])} holds it" if elsewhere else ""
    if best.longest == 0:
        return _weights(config, model, best, elsewhere, hint)
    if best.longest < demand.max_model_len:
        return _length(model, demand, best, hint)
    return _concurrency(demand, best, hint)


def _weights(
    config: StackConfig, model: ModelSpec, best: Candidate, elsewhere: tuple[Candidate, ...], hint: str
) -> Problem:
    memory = best.memory
    asked = config.compute.instance_type
    need = memory.weights_gib + memory.activation_gib + memory.overhead_gib
    message = (
        f"{model.id} does not fit on {machine(best)}: it needs {memory.weights_gib:.1f} GiB per GPU for weights, "
        f"{need:.1f} with activations and overhead, of {memory.usable_gib:.1f} usable, and room for a cache{hint}"
    )
    if asked == "auto":
        return Problem(
            path="vllm:model.id",
            given=model.id,
            allowed="a model that fits on a known instance type; or one that is quantised",
            example="meta-llama/Llama-3.1-8B-Instruct",
            message=f"it fits on no known machine that is allowed here. {message}",
        )
    return Problem(
        path="vllm:compute.instanceType",
        given=asked,
        allowed="auto, or a type with more GPU memory" + (", or a quantised model" if not elsewhere else ""),
        example=elsewhere[0].instance.instance_type if elsewhere else "auto",
        message=message,
    )


def _length(model: ModelSpec, demand: Demand, best: Candidate, hint: str) -> Problem:
    return Problem(
        path="vllm:serving.maxModelLen",
        given=str(demand.max_model_len),
        allowed=f"1 to {best.longest} on {machine(best)}",
        example=str(best.longest),
        message=f"one request of {demand.max_model_len} tokens needs more cache than the "
        f"{max(best.memory.kv_cache_gib, 0):.1f} GiB per GPU that {model.id} leaves; the largest length that "
        f"fits is {best.longest}{hint}",
    )


def _concurrency(demand: Demand, best: Candidate, hint: str) -> Problem:
    return Problem(
        path="vllm:serving.concurrency",
        given=str(demand.concurrency),
        allowed=f"1 to {best.requests} per replica, at {demand.typical_tokens} tokens each, on {machine(best)}",
        example=str(best.requests),
        message=f"the cache holds {best.requests} requests of {demand.typical_tokens} tokens at once on the machine "
        f"that holds most; lower it, set typicalTokens to what requests really use, or spread them over more "
        f"replicas (scaling.min){hint}",
    )


def no_machine(config: StackConfig, *, reason: str, example: str) -> Problem:
    """No machine is even a candidate, e.g. a GPU that comes in smaller numbers than ``tensorParallel``."""
    given = config.compute.gpu or str(config.compute.tensor_parallel)
    key = "gpu" if config.compute.gpu else "tensorParallel"
    return Problem(
        path=f"vllm:compute.{key}",
        given=given,
        allowed="what a known instance type has",
        example=example,
        message=reason,
    )
