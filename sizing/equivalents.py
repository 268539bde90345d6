"""Types that can stand in for the chosen one when AWS has none of it, in the order in which to try them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import islice

from sizing.choose import fit_with, launch_dtype
from sizing.machines import Candidate
from sizing.memory import Launch, max_concurrency
from sizing.plan import Equivalent

KEPT = 8  # an Auto Scaling group takes 40 types; beyond a few the next is several times dearer

ArgumentsOf = Callable[[Launch], tuple[str, ...]]


def equivalents(
    chosen: Candidate, options: tuple[Candidate, ...], *, arguments_of: ArgumentsOf
) -> tuple[Equivalent, ...]:
    """Offered types that hold the demand, the preferred first, whatever sizes of the same GPU are among them.

    The plan's own arguments are kept where they hold the demand on the other type too, so that one launch template
    serves both; else the type has arguments of its own, which ``arguments_of`` makes from how vLLM is started there.
    """
    own = arguments_of(chosen.launch)
    others = (option for option in options if option.instance != chosen.instance and option.offered)
    found = (_equivalent(chosen, option, own=own, arguments_of=arguments_of) for option in others)
    return tuple(islice((each for each in found if each is not None), KEPT))


def _equivalent(
    chosen: Candidate, option: Candidate, *, own: tuple[str, ...], arguments_of: ArgumentsOf
) -> Equivalent | None:
    if not option.holds:
        return None
    launch = _same_launch(chosen, option)
    shared = launch is not None
    fit = fit_with(option.model, launch, option.demand) if launch is not None else option.fit
    return Equivalent(
        instance_type=option.instance.instance_type,
        gpu=option.gpu.name,
        gpus=option.instance.gpu_count,
        tensor_parallel_size=fit.launch.tensor_parallel_size,
        hourly_usd=option.hourly_usd,
        max_concurrency=max_concurrency(fit.memory, max_model_len=fit.launch.max_model_len),
        same_flags=shared,
        vllm_args=own if shared else arguments_of(fit.launch),
        zones=option.zones,
    )


def _same_launch(chosen: Candidate, option: Candidate) -> Launch | None:
    """How the chosen type's arguments start vLLM on the other one, where they do and the demand still fits."""
    if chosen.tensor_parallel_size != option.tensor_parallel_size:
        return None
    if launch_dtype(option.gpu, option.model) != chosen.launch.dtype:
        return None
    launch = replace(
        option.launch,
        max_num_seqs=chosen.launch.max_num_seqs,
        max_num_batched_tokens=chosen.launch.max_num_batched_tokens,
    )
    fit = fit_with(option.model, launch, option.demand)
    enough = fit.requests >= min(launch.max_num_seqs, chosen.requests)
    return launch if fit.holds and enough else None
