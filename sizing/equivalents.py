"""Types that can stand in for the chosen one when AWS has none of it, in the order in which to try them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import islice

from sizing.choice_view import running
from sizing.choose import Fit, fit_with
from sizing.machines import Candidate, that_hold
from sizing.plan import Equivalent

KEPT = 8  # an Auto Scaling group takes 40 types; beyond a few the next is several times dearer

ArgumentsOf = Callable[[Candidate, bool], tuple[str, ...]]
"""Of vLLM on a machine, by whether the weights are read ahead."""


@dataclass(frozen=True, kw_only=True)
class StandIns:
    """How vLLM is started on other types than ``chosen``.

    ``own``, the plan's arguments, are kept where they hold the demand on the other type too, so that one template
    serves both; else the type has arguments of its own, which ``arguments_of`` makes.
    ``prefetches``: whether a type reads the weights ahead.
    """

    chosen: Candidate
    own: tuple[str, ...]
    arguments_of: ArgumentsOf
    prefetches: Callable[[Candidate], bool]

    def best(self, options: tuple[Candidate, ...]) -> tuple[Equivalent, ...]:
        """Offered types that hold the demand, the preferred first, whatever sizes of the same GPU are among them."""
        others = (option for option in options if option.instance is not self.chosen.instance)
        return self.each(islice(that_hold(others), KEPT))

    def each(self, options: Iterable[Candidate]) -> tuple[Equivalent, ...]:
        """All of them, in their order."""
        ways: dict[tuple[int, bool], _Way] = {}
        found = []
        for option in options:
            ahead = self.prefetches(option)
            kind = (id(option.kind), ahead)  # lives as long as the options do
            if kind not in ways:
                ways[kind] = self._way(option, prefetch=ahead)
            found.append(_equivalent(option, ways[kind]))
        return tuple(found)

    def _way(self, option: Candidate, *, prefetch: bool) -> _Way:
        shared = _same_flags(self.chosen, option) if prefetch == self.prefetches(self.chosen) else None
        fit = shared or option.fit
        return _Way(
            arguments=self.own if shared else self.arguments_of(option, prefetch),
            same_flags=shared is not None,
            max_concurrency=fit.at_once,
            running=running(fit),
        )


@dataclass(frozen=True, kw_only=True)
class _Way:
    """How vLLM is started on one kind of machine: as on the chosen one, or in a way of its own."""

    arguments: tuple[str, ...]
    same_flags: bool
    max_concurrency: float
    running: int


def _equivalent(option: Candidate, way: _Way) -> Equivalent:
    return Equivalent(
        instance_type=option.instance.instance_type,
        gpu=option.gpu.name,
        gpus=option.instance.gpu_count,
        tensor_parallel_size=option.tensor_parallel_size,
        hourly_usd=option.hourly_usd,
        max_concurrency=way.max_concurrency,
        running=way.running,
        same_flags=way.same_flags,
        vllm_args=way.arguments,
        zones=option.zones,
    )


def _same_flags(chosen: Candidate, option: Candidate) -> Fit | None:
    """What the chosen type's arguments hold on the other one, where vLLM starts with them and the demand still fits."""
    mine, other = chosen.launch, option.launch
    if (mine.tensor_parallel_size, mine.dtype) != (other.tensor_parallel_size, other.dtype):
        return None
    seqs, batched = mine.max_num_seqs, mine.max_num_batched_tokens
    fit = option.fit
    if (seqs, batched) != (other.max_num_seqs, other.max_num_batched_tokens):
        launch = replace(other, max_num_seqs=seqs, max_num_batched_tokens=batched)
        fit = fit_with(option.model, launch, option.demand)
    enough = fit.requests >= min(seqs, chosen.requests)
    return fit if fit.holds and enough else None
