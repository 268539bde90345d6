"""Why this machine: the next ones that would do as well, the cheaper ones that would not, and what can stand in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from sizing.choose import Fit
from sizing.machines import Candidate, cheaper_than, that_hold
from sizing.plan import Option
from sizing.throughput import Machine, throughput_of, typical_load

SHOWN = 3


def _kind(option: Candidate) -> tuple[str, int]:
    kind = option.kind
    return kind.gpu.name, kind.tensor_parallel_size


def one_per_kind(options: Iterable[Candidate], *, seen: Iterable[Candidate] = ()) -> Iterator[Candidate]:
    """The cheapest of each GPU and number of GPUs: larger sizes of a family differ in what does not matter here."""
    kinds = {_kind(option) for option in seen}
    for option in options:
        kind = _kind(option)
        if kind not in kinds:
            kinds.add(kind)
            yield option


def running(fit: Fit | Candidate) -> int:
    """Requests of the typical length that run at once when there are enough of them."""
    return max(1, min(fit.launch.max_num_seqs, fit.requests))


def machine_of(option: Candidate) -> Machine:
    """For the estimate of its speed."""
    return Machine(gpu=option.gpu, launch=option.launch, weights_gib=option.fit.terms.weights_gib)


def _option(option: Candidate, *, reason: str) -> Option:
    speed = None
    if option.requests:
        load = typical_load(running=running(option), typical_tokens=option.demand.typical_tokens)
        usd = option.instance.hourly_usd
        speed = throughput_of(option.model, machine_of(option), load=load, hourly_usd=usd)
    return Option(
        instance_type=option.instance.instance_type,
        gpu=option.gpu.name,
        gpus=option.instance.gpu_count,
        tensor_parallel_size=option.tensor_parallel_size,
        hourly_usd=option.hourly_usd,
        max_concurrency=option.at_once if option.requests else 0.0,
        requests=option.requests,
        reason=reason,
        decode_tokens_per_s=speed.decode_tokens_per_s if speed else None,
        usd_per_million_tokens=speed.usd_per_million_tokens if speed else None,
        zones=option.zones,
    )


def alternatives(chosen: Candidate, options: tuple[Candidate, ...]) -> tuple[Option, ...]:
    """Others that the region offers and that hold the demand, the preferred first."""
    return tuple(
        _option(option, reason=_why_not(chosen, option))
        for option in islice(one_per_kind(that_hold(options), seen=[chosen]), SHOWN)
    )


def _why_not(chosen: Candidate, option: Candidate) -> str:
    if chosen.instance.hourly_usd is None:
        return "would hold it"
    more = option.hourly_usd - chosen.hourly_usd
    if more > 0:
        times = option.hourly_usd / chosen.hourly_usd
        return f"{times - 1:.0%} dearer" if times < 2 else f"{times:.1f} x the price"
    if more < 0:
        return "cheaper; compute asks for another"
    if option.instance.gpu_count > chosen.instance.gpu_count:
        return "as dear, with more GPUs"
    return "as dear"


def rejected(chosen: Candidate, options: tuple[Candidate, ...], *, region: str) -> tuple[Option, ...]:
    """Cheaper ones, in order of price: first of all those that only the region stands in the way of, as long as one of
    those that are too small has a place too, and of these the nearest in price.
    """
    cheaper = [o for o in cheaper_than(chosen, options) if not (o.offered and o.holds)]
    missing = list(one_per_kind(option for option in cheaper if option.holds))
    small = list(one_per_kind(option for option in cheaper if not option.holds))
    missing = missing[: SHOWN - 1 if small else SHOWN]
    shown = [*missing, *small[len(missing) - SHOWN :]]
    return tuple(
        _option(option, reason=reason(option, region=region))
        for option in sorted(shown, key=lambda option: option.hourly_usd)
    )


def reason(option: Candidate, *, region: str) -> str:
    """Why it would not do."""
    demand = option.demand
    if option.holds:
        return f"not offered in {region}"
    if option.longest == 0:
        return f"too small: {option.fit.terms.weights_gib:.1f} GiB of weights"
    if option.longest < demand.max_model_len:
        return f"too small: at most {option.longest:,} tokens"
    return f"too small: {option.requests} x {demand.typical_tokens:,} tokens"
