"""Why this machine: the next ones that would do as well, and the cheaper ones that would not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sizing.choose import Candidate, Demand
from sizing.memory import max_concurrency
from sizing.plan import Alternative, Rejected

SHOWN = 3


def _kind(option: Candidate) -> tuple[str, int]:
    return option.gpu.name, option.launch.tensor_parallel_size


def _one_per_kind(options: Iterable[Candidate], *, seen: set[tuple[str, int]]) -> Iterator[Candidate]:
    """The cheapest of each GPU and number of GPUs: larger sizes of a family differ in what does not matter here."""
    for option in options:
        if _kind(option) not in seen:
            seen.add(_kind(option))
            yield option


def alternatives(chosen: Candidate, options: tuple[Candidate, ...], demand: Demand) -> tuple[Alternative, ...]:
    """Others that hold the demand, cheapest first."""
    holding = (option for option in options if option.holds(demand))
    return tuple(
        Alternative(
            instance_type=option.instance.instance_type,
            gpu=option.gpu.name,
            tensor_parallel_size=option.launch.tensor_parallel_size,
            hourly_usd=option.hourly_usd,
            max_concurrency=max_concurrency(option.memory, max_model_len=option.launch.max_model_len),
        )
        for option in list(_one_per_kind(holding, seen={_kind(chosen)}))[:SHOWN]
    )


def rejected(chosen: Candidate, options: tuple[Candidate, ...], demand: Demand) -> tuple[Rejected, ...]:
    """Cheaper ones that do not hold the demand, the nearest in price last."""
    cheaper = (o for o in options if o.hourly_usd < chosen.hourly_usd and not o.holds(demand))
    return tuple(
        Rejected(
            instance_type=option.instance.instance_type,
            gpu=option.gpu.name,
            tensor_parallel_size=option.launch.tensor_parallel_size,
            hourly_usd=option.hourly_usd,
            reason=_reason(option, demand),
        )
        for option in list(_one_per_kind(cheaper, seen=set()))[-SHOWN:]
    )


def _reason(option: Candidate, demand: Demand) -> str:
    memory = option.memory
    if option.longest == 0:
        return f"{memory.weights_gib:.1f} GiB of weights leave no cache in {memory.usable_gib:.1f} usable"
    if option.longest < demand.max_model_len:
        return f"requests of at most {option.longest:,} tokens"
    return f"{option.requests} requests of {demand.typical_tokens:,} tokens at a time"
