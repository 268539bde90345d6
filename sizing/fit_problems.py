"""Why nothing fits, said as the one key to change, with the largest value that does fit."""

from __future__ import annotations

from dataclasses import replace

from config.errors import Problem
from config.models import StackConfig
from sizing.capability import Floor
from sizing.choose import Demand, most_requests
from sizing.machines import Candidate
from sizing.model_spec import ModelSpec


def machine(option: Candidate) -> str:
    if option.launch.on_cpu:
        return f"{option.instance.title} (no GPU, {option.gpu.visible_gib:.1f} GiB of memory)"
    return f"{option.instance.title} ({option.gpu_count_and_name}, {option.gpu.visible_gib:g} GiB each)"


def _most_roomy(options: tuple[Candidate, ...]) -> Candidate:
    """The machine that comes closest: the longest request, then the most requests, then the cheapest."""
    return max(options, key=lambda c: (c.longest, c.requests, c.memory.kv_cache_gib, -c.hourly_usd))


def _for_one_request(option: Candidate, demand: Demand) -> Candidate:
    """The same machine with one request at a time: many requests need memory that a verdict on size must not count."""
    return option.asked(replace(demand, concurrency=1))


def closest(options: tuple[Candidate, ...], demand: Demand) -> Candidate:
    """The machine that comes closest, with one request at a time; its ``longest`` is 0 where the weights do not fit."""
    return _most_roomy(tuple(_for_one_request(option, demand) for option in options))


def fit_problem(
    config: StackConfig,
    model: ModelSpec,
    demand: Demand,
    *,
    options: tuple[Candidate, ...],
    here: tuple[Candidate, ...],
    abroad: str,
) -> Problem:
    """For ``options`` (not empty), none of which holds the demand.

    ``here``: machines of the region that do, cheapest first; ``abroad``: a clause on one that other regions have.
    """
    best = closest(options, demand)
    hint = f"; {machine(here[0])} holds it" if here else abroad and f"; {abroad}"
    if best.longest == 0:
        return _weights(config, model, best, here, hint)
    if best.longest < demand.max_model_len:
        return length_problem(model, demand, best, hint)
    return concurrency_problem(model, demand, best, hint)


def _weights(config: StackConfig, model: ModelSpec, best: Candidate, here: tuple[Candidate, ...], hint: str) -> Problem:
    memory = best.memory
    need = memory.weights_gib + memory.activation_gib + memory.overhead_gib
    message = (
        f"{model.id} does not fit on {machine(best)}: it needs {memory.weights_gib:.1f} GiB per GPU for weights, "
        f"{need:.1f} with activations and overhead, of {memory.usable_gib:.1f} usable, and room for a cache{hint}"
    )
    key, given = _narrowed_by(config)
    if key is None or not here:
        return Problem(
            path="vllm:model.id",
            given=model.id,
            allowed="a model that fits on a known instance type; or one that is quantised",
            example="meta-llama/Llama-3.1-8B-Instruct",
            message=f"it fits on no known machine. {message}",
        )
    better = here[0]
    examples = {
        "instanceType": better.instance.instance_type,
        "gpu": better.gpu.name,
        "tensorParallel": str(better.launch.tensor_parallel_size),
    }
    return Problem(
        path=f"vllm:compute.{key}",
        given=given,
        allowed="auto, or more GPU memory" if key != "gpu" else "a GPU with more memory, or leave the key out",
        example=examples[key],
        message=message,
    )


def _narrowed_by(config: StackConfig) -> tuple[str | None, str]:
    """The key of ``compute`` that limits the choice most, and its value."""
    compute = config.compute
    if compute.instance_type != "auto":
        return "instanceType", compute.instance_type
    if compute.gpu is not None:
        return "gpu", compute.gpu
    if compute.tensor_parallel != "auto":
        return "tensorParallel", str(compute.tensor_parallel)
    return None, ""


def length_problem(model: ModelSpec, demand: Demand, best: Candidate, hint: str) -> Problem:
    return Problem(
        path="vllm:serving.maxModelLen",
        given=str(demand.max_model_len),
        allowed=f"1 to {best.longest} on {machine(best)}",
        example=str(best.longest),
        message=f"one request of {demand.max_model_len} tokens needs more cache than the "
        f"{max(best.memory.kv_cache_gib, 0):.1f} GiB per GPU that {model.id} leaves; the largest length that "
        f"fits is {best.longest}{hint}",
    )


def concurrency_problem(model: ModelSpec, demand: Demand, best: Candidate, hint: str) -> Problem:
    more = "" if best.instance.is_local else ", or have more replicas (scaling.min)"
    most = most_requests(model, best.gpu, tensor_parallel_size=best.tensor_parallel_size, demand=demand)
    return Problem(
        path="vllm:serving.concurrency",
        given=str(demand.concurrency),
        allowed=f"1 to {most} per replica, at {demand.typical_tokens} tokens each",
        example=str(most),
        message=f"the cache of {machine(best)} holds {most} requests of {demand.typical_tokens} tokens at once; lower "
        f"it{',' if more else ' or'} set typicalTokens to what requests really use{more}{hint}",
    )


def no_machine(config: StackConfig, floor: Floor, *, offered: tuple[str, ...]) -> Problem:
    """No machine is even a candidate: too few of that GPU in one, or too old. ``offered``: GPUs that would do."""
    key, given = ("gpu", config.compute.gpu) if config.compute.gpu else ("tensorParallel", "")
    return Problem(
        path=f"vllm:compute.{key}",
        given=given or str(config.compute.tensor_parallel),
        allowed=", ".join(offered) if config.compute.gpu else "auto, or fewer GPUs",
        example=offered[0] if config.compute.gpu and offered else "auto",
        message=f"no known instance type has as many of this GPU with compute capability {floor.capability} or newer "
        f"({floor.reason})",
    )
