"""Which machines could run the model, in the order in which they are preferred, and the first that holds the demand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import takewhile
from math import inf
from typing import NamedTuple

from sizing.catalog import Catalog, Gpu, Instance
from sizing.choose import Demand, Fit, fit_if_possible, fit_of, vcpu_floor
from sizing.launch import Launch
from sizing.model_spec import ModelSpec
from sizing.parallel import largest_valid, objections
from sizing.plan import Memory
from sizing.weights import GIB


@dataclass(frozen=True, kw_only=True)
class Kind:
    """So many of one GPU, for one demand; what they hold is worked out when it is asked for."""

    model: ModelSpec
    gpu: Gpu
    tensor_parallel_size: int
    demand: Demand

    @cached_property
    def _possible(self) -> Fit | None:
        """None: cannot hold the demand, whatever it holds."""
        size = self.tensor_parallel_size
        return fit_if_possible(self.model, self.gpu, tensor_parallel_size=size, demand=self.demand)

    @cached_property
    def fit(self) -> Fit:
        size = self.tensor_parallel_size
        return self._possible or fit_of(self.model, self.gpu, tensor_parallel_size=size, demand=self.demand)

    @cached_property
    def holds(self) -> bool:
        return self._possible is not None and self._possible.holds

    @cached_property
    def longest(self) -> int:
        """Tokens of the longest request that fits alone; 0: not even one block."""
        room, limit = self.fit.terms.kv_cache_gib, self.model.max_position_embeddings
        return self.fit.cost.longest(max(room, 0.0) * GIB, limit=limit)


class Candidate(NamedTuple):
    """One way to run the model; a tuple, because a plan makes dozens of them.

    ``zones``: how many of the region offer the type; None: not known."""

    kind: Kind
    instance: Instance
    zones: int | None = None

    @property
    def model(self) -> ModelSpec:
        return self.kind.model

    @property
    def gpu(self) -> Gpu:
        return self.kind.gpu

    @property
    def tensor_parallel_size(self) -> int:
        return self.kind.tensor_parallel_size

    @property
    def demand(self) -> Demand:
        return self.kind.demand

    @property
    def fit(self) -> Fit:
        return self.kind.fit

    def asked(self, demand: Demand) -> Candidate:
        """The same machine for another demand."""
        return self._replace(kind=replace(self.kind, demand=demand))

    @property
    def launch(self) -> Launch:
        return self.fit.launch

    @property
    def memory(self) -> Memory:
        return self.fit.memory

    @property
    def at_once(self) -> float:
        """Requests of the full length that fit at once."""
        return self.fit.at_once

    @property
    def requests(self) -> int:
        """Requests of the typical length that fit at once."""
        return self.fit.requests

    @property
    def holds(self) -> bool:
        return self.kind.holds

    @property
    def longest(self) -> int:
        """Tokens of the longest request that fits alone; 0: not even one block."""
        return self.kind.longest

    @property
    def offered(self) -> bool:
        """False only where the region is known not to have the type."""
        return self.zones != 0

    @property
    def gpu_count_and_name(self) -> str:
        return f"{self.tensor_parallel_size} x {self.gpu.name}"

    @property
    def hourly_usd(self) -> float:
        """Infinite where no price is listed."""
        usd = self.instance.hourly_usd
        return inf if usd is None else usd


def candidates(
    model: ModelSpec,
    catalog: Catalog,
    *,
    region: str,
    demand: Demand,
    tensor_parallel: int | None,
    gpu_name: str | None = None,
    floor_capability: float,
) -> tuple[Candidate, ...]:
    """Every machine that may be chosen unasked (``Catalog.preferred``, new enough, enough vCPUs), the preferred first.

    Offered or not, large enough or not.
    """
    method = demand.quantization
    legal = tensor_parallel is None or not objections(model, tensor_parallel, quantization=method)
    sizes = tuple(
        (count, tensor_parallel or largest_valid(model, limit=count, quantization=method))
        for count in catalog.gpu_counts
        if legal and (tensor_parallel or 1) <= count
    )
    found: list[Candidate] = []
    kinds: dict[tuple[str, float, int], Kind] = {}
    for place in _places(catalog, sizes, region=region, gpu_name=gpu_name, floor_capability=floor_capability):
        kind = kinds.get(place.named)
        if kind is None:
            gpu, tp = place.instance.whole_gpu, place.tensor_parallel_size
            kind = kinds[place.named] = Kind(model=model, gpu=gpu, tensor_parallel_size=tp, demand=demand)
        found.append(Candidate(kind=kind, instance=place.instance, zones=place.zones))
    return tuple(found)


class _Place(NamedTuple):
    """A machine that may be chosen, whatever the model; ``named``: the same for all that hold the same."""

    instance: Instance
    tensor_parallel_size: int
    zones: int | None
    named: tuple[str, float, int]


@lru_cache(maxsize=256)
def _places(
    catalog: Catalog,
    sizes: tuple[tuple[int, int], ...],
    *,
    region: str,
    gpu_name: str | None,
    floor_capability: float,
) -> tuple[_Place, ...]:
    """The preferred first. ``sizes``: GPUs of a machine, and how many of them share the model."""
    shared, found = dict(sizes), []
    for instance in catalog.preferred:
        gpu, tp = instance.whole_gpu, shared.get(instance.gpu_count)
        if tp is None or (gpu_name is not None and gpu.name != gpu_name):
            continue
        if gpu.compute_capability >= floor_capability and instance.vcpus >= vcpu_floor(tp):
            zones = catalog.offerings.zone_count(instance.instance_type, region=region)
            found.append(_Place(instance, tp, zones, (gpu.name, gpu.nominal_gib, tp)))
    return tuple(found)


def that_hold(options: Iterable[Candidate]) -> Iterator[Candidate]:
    """Those that the region offers and that hold the demand."""
    return (option for option in options if option.offered and option.holds)


def cheaper_than(chosen: Candidate, options: Iterable[Candidate]) -> Iterator[Candidate]:
    """Of ``options``, the preferred first."""
    limit = chosen.hourly_usd
    return takewhile(lambda option: option.hourly_usd < limit, options)


def first_that_holds(options: tuple[Candidate, ...]) -> Candidate | None:
    """The first of ``options`` (the preferred first) that the region offers and that holds the demand."""
    return next(that_hold(options), None)
