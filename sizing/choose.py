"""Which machines could run the model, what each would hold, and the cheapest that holds what is asked."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sizing import versions
from sizing.catalog import Catalog, Gpu, Instance
from sizing.launch import Launch
from sizing.memory import longest_that_fits, memory_of, requests_that_fit
from sizing.model_spec import ModelSpec
from sizing.parallel import largest_valid, objections
from sizing.plan import Memory


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What one replica must hold: one request of ``max_model_len``, and ``concurrency`` of ``typical_tokens``."""

    max_model_len: int
    concurrency: int
    typical_tokens: int
    gpu_memory_utilization: float
    max_num_seqs: int | None
    max_num_batched_tokens: int | None
    quantization: str | None
    kv_cache_dtype: str | None
    enforce_eager: bool = False


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One way to run the model. ``longest`` tokens fit alone; ``requests`` of the typical length fit at once.

    ``zones``: how many of the region offer the type; None: not known.
    """

    instance: Instance
    gpu: Gpu
    launch: Launch
    memory: Memory
    longest: int
    requests: int
    zones: int | None = None

    @property
    def offered(self) -> bool:
        """False only where the region is known not to have the type."""
        return self.zones != 0

    @property
    def gpu_count_and_name(self) -> str:
        return f"{self.launch.tensor_parallel_size} x {self.gpu.name}"

    @property
    def hourly_usd(self) -> float:
        return self.instance.hourly_usd if self.instance.hourly_usd is not None else float("inf")

    def holds(self, demand: Demand) -> bool:
        return self.longest >= demand.max_model_len and self.requests >= demand.concurrency


def vcpu_floor(gpus: int) -> int:
    """vCPUs below which vLLM's engine core, which busy-loops, waits: 2+N physical cores for N GPUs, two vCPUs each.

    Source: vllm docs/configuration/optimization.md.
    """
    return 2 * (2 + gpus)


def batch_defaults(gpu: Gpu) -> tuple[int, int]:
    """The pinned vLLM's own ``max_num_seqs`` and ``max_num_batched_tokens``."""
    return versions.batch_defaults(versions.PINNED, visible_gib=gpu.visible_gib, gpu_name=gpu.name)


def launch_dtype(gpu: Gpu, model: ModelSpec) -> str:
    """``half`` where the GPU lacks bfloat16 (T4) and the model asks for it; else the model's own."""
    return "half" if not gpu.bf16 and model.dtype == "bfloat16" else "auto"


def launch_on(model: ModelSpec, gpu: Gpu, *, tensor_parallel_size: int, demand: Demand) -> Launch:
    seqs, batched = batch_defaults(gpu)
    seqs = demand.max_num_seqs or max(seqs, demand.concurrency)
    return Launch(
        visible_gib=gpu.visible_gib,
        tensor_parallel_size=tensor_parallel_size,
        gpu_memory_utilization=demand.gpu_memory_utilization,
        max_model_len=demand.max_model_len,
        max_num_seqs=seqs,
        max_num_batched_tokens=demand.max_num_batched_tokens or max(batched, seqs),
        dtype=launch_dtype(gpu, model),
        quantization=demand.quantization,
        kv_cache_dtype=demand.kv_cache_dtype,
        enforce_eager=demand.enforce_eager,
        compute_capability=gpu.compute_capability,
    )


def candidate(
    model: ModelSpec,
    instance: Instance,
    gpu: Gpu,
    *,
    tensor_parallel_size: int,
    demand: Demand,
    zones: int | None = None,
) -> Candidate:
    launch = launch_on(model, gpu, tensor_parallel_size=tensor_parallel_size, demand=demand)
    memory = memory_of(model, launch)
    return Candidate(
        instance=instance,
        gpu=gpu,
        launch=launch,
        memory=memory,
        longest=longest_that_fits(model, launch, kv_cache_gib=memory.kv_cache_gib, limit=model.max_position_embeddings),
        requests=requests_that_fit(model, launch, kv_cache_gib=memory.kv_cache_gib, tokens=demand.typical_tokens),
        zones=zones,
    )


def eligible(instance: Instance, *, gpus: int, floor_capability: float) -> bool:
    """May be chosen without being asked for: whole supported GPUs, a price, enough vCPUs, no bare metal."""
    gpu = instance.gpu
    return (
        gpu is not None
        and gpu.compute_capability >= floor_capability
        and instance.hourly_usd is not None
        and instance.vcpus >= vcpu_floor(gpus)
        and not instance.instance_type.endswith(".metal")
    )


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
    """Every eligible machine, cheapest first; among equals the fewest GPUs, then the name. Offered or not."""
    found = []
    for instance in catalog.instances:
        tp = tensor_parallel or largest_valid(model, limit=instance.gpu_count)
        if instance.gpu is None or tp > instance.gpu_count or objections(model, tp):
            continue
        if gpu_name is not None and instance.gpu.name != gpu_name:
            continue
        if eligible(instance, gpus=tp, floor_capability=floor_capability):
            zones = catalog.offerings.zone_count(instance.instance_type, region=region)
            found.append(candidate(model, instance, instance.gpu, tensor_parallel_size=tp, demand=demand, zones=zones))
    return tuple(sorted(found, key=lambda c: (c.hourly_usd, c.instance.gpu_count, c.instance.instance_type)))


def cheapest(options: tuple[Candidate, ...], demand: Demand) -> Candidate | None:
    """The first of ``options`` (cheapest first) that the region offers and that holds the demand."""
    return next((option for option in options if option.offered and option.holds(demand)), None)


def most_requests(model: ModelSpec, option: Candidate, demand: Demand) -> int:
    """The largest concurrency that this machine holds.

    Fewer requests also need less memory for the sampler, so ``option.requests`` alone is too low a bound.
    """
    low, high = 0, demand.concurrency
    while low < high:
        middle = (low + high + 1) // 2
        wished = replace(demand, concurrency=middle)
        tried = candidate(
            model,
            option.instance,
            option.gpu,
            tensor_parallel_size=option.launch.tensor_parallel_size,
            demand=wished,
        )
        low, high = (middle, high) if tried.holds(wished) else (low, middle - 1)
    return low
