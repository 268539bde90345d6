"""Why this machine: the next ones that would do as well, and the cheaper ones that would not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sizing.choose import Candidate, Demand
from sizing.memory import max_concurrency
from sizing.plan import Alternative, Rejected

SHOWN = 3


def _kind(option: Candidate) -> tuple[str, int]:
    return option.gpu.name, option.launch.tensor_parallel_size


def one_per_kind(options: Iterable[Candidate], *, seen: Iterable[Candidate] = ()) -> Iterator[Candidate]:
    """The cheapest of each GPU and number of GPUs: larger sizes of a family differ in what does not matter here."""
    kinds = {_kind(option) for option in seen}
    for option in options:
        if _kind(option) not in kinds:
            kinds.add(_kind(option))
            yield option


def alternatives(chosen: Candidate, options: tuple[Candidate, ...], demand: Demand) -> tuple[Alternative, ...]:
    """Others that the region offers and that hold the demand, cheapest first."""
    holding = (option for option in options if option.offered and option.holds(demand))
    return tuple(
        Alternative(
            instance_type=option.instance.instance_type,
            gpu=option.gpu.name,
            tensor_parallel_size=option.launch.tensor_parallel_size,
            hourly_usd=option.hourly_usd,
            max_concurrency=max_concurrency(option.memory, max_model_len=option.launch.max_model_len),
            zones=option.zones,
        )
        for option in list(one_per_kind(holding, seen=[chosen]))[:SHOWN]
    )


def rejected(chosen: Candidate, options: tuple[Candidate, ...], demand: Demand, *, region: str) -> tuple[Rejected, ...]:
    """Cheaper ones, in order of price: first of all those that only the region stands in the way of, as long as one of
    those that are too small has a place too, and of these the nearest in price.
    """
    cheaper = [o for o in options if o.hourly_usd < chosen.hourly_usd and not (o.offered and o.holds(demand))]
    missing = list(one_per_kind(option for option in cheaper if option.holds(demand)))
    small = list(one_per_kind(option for option in cheaper if not option.holds(demand)))
    missing = missing[: SHOWN - 1 if small else SHOWN]
    shown = [*missing, *small[len(missing) - SHOWN :]]
    return tuple(
        Rejected(
            instance_type=option.instance.instance_type,
            gpu=option.gpu.name,
            tensor_parallel_size=option.launch.tensor_parallel_size,
            hourly_usd=option.hourly_usd,
            reason=_reason(option, demand, region=region),
        )
        for option in sorted(shown, key=lambda option: option.hourly_usd)
    )


def _reason(option: Candidate, demand: Demand, *, region: str) -> str:
    memory = option.memory
    if option.holds(demand):
        return f"not offered in {region}; would hold it"
    if option.longest == 0:
        return f"too small: {memory.weights_gib:.1f} GiB of weights leave no cache in {memory.usable_gib:.1f} usable"
    if option.longest < demand.max_model_len:
        return f"too small: requests of at most {option.longest:,} tokens"
    return f"too small: {option.requests} requests of {demand.typical_tokens:,} tokens at a time"
