"""Which machines could run the model, in the order in which they are preferred, and the first that holds the demand.

Order: price of the instance, then fewest GPUs, then newest GPU, then name. Newest by CUDA compute capability, which
NVIDIA raises with each architecture (7.5 Turing, 8.0-8.6 Ampere, 8.9 Ada, 9.0 Hopper, 10.x and 12.0 Blackwell): a
newer one has more number formats and is supported for longer.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property

from sizing.catalog import Catalog, Gpu, Instance
from sizing.choose import Demand, Fit, fit_of, vcpu_floor
from sizing.memory import Launch, longest_that_fits
from sizing.model_spec import ModelSpec
from sizing.parallel import largest_valid, objections
from sizing.plan import Memory


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One way to run the model; what it holds is worked out when it is asked for.

    ``zones``: how many of the region offer the type; None: not known. ``shared``: between equal GPUs.
    """

    model: ModelSpec
    instance: Instance
    gpu: Gpu
    tensor_parallel_size: int
    demand: Demand
    zones: int | None = None
    shared: dict[tuple[Gpu, int], Fit] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def fit(self) -> Fit:
        kind = (self.gpu, self.tensor_parallel_size)
        found = self.shared.get(kind)
        if found is None:
            found = fit_of(self.model, self.gpu, tensor_parallel_size=self.tensor_parallel_size, demand=self.demand)
            self.shared[kind] = found
        return found

    def asked(self, demand: Demand) -> Candidate:
        """The same machine for another demand."""
        return replace(self, demand=demand, shared={})

    @property
    def launch(self) -> Launch:
        return self.fit.launch

    @property
    def memory(self) -> Memory:
        return self.fit.memory

    @property
    def requests(self) -> int:
        """Requests of the typical length that fit at once."""
        return self.fit.requests

    @property
    def holds(self) -> bool:
        return self.fit.holds

    @cached_property
    def longest(self) -> int:
        """Tokens of the longest request that fits alone; 0: not even one block."""
        room, limit = self.fit.terms.kv_cache_gib, self.model.max_position_embeddings
        return longest_that_fits(self.model, self.launch, kv_cache_gib=room, limit=limit)

    @property
    def offered(self) -> bool:
        """False only where the region is known not to have the type."""
        return self.zones != 0

    @property
    def gpu_count_and_name(self) -> str:
        return f"{self.tensor_parallel_size} x {self.gpu.name}"

    @cached_property
    def hourly_usd(self) -> float:
        return self.instance.hourly_usd if self.instance.hourly_usd is not None else float("inf")


def preference(option: Candidate) -> tuple[float, int, float, str]:
    """Smaller is better."""
    instance = option.instance
    return (option.hourly_usd, instance.gpu_count, -option.gpu.compute_capability, instance.instance_type)


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
    """Every machine that may be chosen unasked (``Catalog.choosable``, new enough, enough vCPUs), the preferred first.

    Offered or not, large enough or not.
    """
    method = demand.quantization
    legal = tensor_parallel is None or not objections(model, tensor_parallel, quantization=method)
    sizes = {
        count: tensor_parallel or largest_valid(model, limit=count, quantization=method)
        for count in catalog.gpu_counts
        if legal and (tensor_parallel or 1) <= count
    }
    found: list[Candidate] = []
    shared: dict[tuple[Gpu, int], Fit] = {}
    for instance in catalog.choosable:
        gpu, tp = instance.whole_gpu, sizes.get(instance.gpu_count)
        if tp is None or (gpu_name is not None and gpu.name != gpu_name):
            continue
        if gpu.compute_capability >= floor_capability and instance.vcpus >= vcpu_floor(tp):
            zones = catalog.offerings.zone_count(instance.instance_type, region=region)
            found.append(
                Candidate(
                    model=model,
                    instance=instance,
                    gpu=gpu,
                    tensor_parallel_size=tp,
                    demand=demand,
                    zones=zones,
                    shared=shared,
                )
            )
    return tuple(sorted(found, key=preference))


def first_that_holds(options: tuple[Candidate, ...]) -> Candidate | None:
    """The first of ``options`` (the preferred first) that the region offers and that holds the demand."""
    return next((option for option in options if option.offered and option.holds), None)
