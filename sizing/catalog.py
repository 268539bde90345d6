"""What is known offline: instance types with prices and where they are offered, GPUs, models.

Frozen records from ``sizing/data``. Every file there says where its facts are from and of which day.
``tools/catalogue.py`` rebuilds them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache, cached_property
from math import inf
from pathlib import Path
from typing import Any

from sizing.model_names import derived
from sizing.model_rows import model_from_row
from sizing.model_spec import ModelSpec
from sizing.offerings import Offerings, offerings_of

DATA = Path(__file__).resolve().parent / "data"
LOCAL = "local"  # the type that this machine is given


@dataclass(frozen=True, kw_only=True)
class Gpu:
    """One GPU. ``visible_gib`` is what torch sees; ``tflops`` dense bf16 (fp16 where bf16 is missing)."""

    name: str
    nominal_gib: float
    visible_gib: float
    compute_capability: float
    bandwidth_gb_per_s: float
    tflops: float
    nvlink: bool
    bf16: bool
    visible_source: str

    def __hash__(self) -> int:
        """Few fields are enough, and what is kept by GPU asks for it often."""
        return hash((self.name, self.nominal_gib))


@dataclass(frozen=True, kw_only=True)
class Instance:
    """One EC2 type, or this machine.

    ``hourly_usd`` is None where no on-demand price is listed; ``gpu`` None: a fraction of one.
    """

    instance_type: str
    gpu_name: str
    gpu: Gpu | None
    gpu_count: int
    vcpus: int
    memory_gib: float
    local_nvme_gb: float
    ebs_gbps: float
    hourly_usd: float | None

    @property
    def is_local(self) -> bool:
        return self.instance_type == LOCAL

    @property
    def title(self) -> str:
        """What a sentence calls it."""
        return "this machine" if self.is_local else self.instance_type

    @property
    def whole_gpu(self) -> Gpu:
        """Its GPU; ValueError for a type with a fraction of one."""
        if self.gpu is None:
            raise ValueError(f"{self.instance_type} has no whole GPU")
        return self.gpu

    @property
    def ebs_mibps(self) -> float:
        """The most that its EBS link carries, MiB/s."""
        return self.ebs_gbps * 1e9 / 8 / 2**20


@dataclass(frozen=True, kw_only=True, eq=False)
class Catalog:
    """Equal only to itself, so that what follows from it can be kept."""

    instances: tuple[Instance, ...]
    gpus: tuple[Gpu, ...]
    models: tuple[ModelSpec, ...]
    incomplete_models: tuple[tuple[str, str], ...]  # id, and what of its shape is missing
    prices_date: str
    price_region: str
    offerings: Offerings

    @cached_property
    def choosable(self) -> tuple[Instance, ...]:
        """Types that may be chosen without being asked for: whole GPUs, a listed price, no bare metal."""
        listed = (each for each in self.instances if each.gpu is not None and each.hourly_usd is not None)
        return tuple(each for each in listed if not each.instance_type.endswith(".metal"))

    @cached_property
    def preferred(self) -> tuple[Instance, ...]:
        """Those by price, then fewest GPUs, then newest GPU, then name.

        Newest by CUDA compute capability, which NVIDIA raises with each architecture (7.5 Turing, 8.0-8.6 Ampere, 8.9
        Ada, 9.0 Hopper, 10.x and 12.0 Blackwell): a newer one has more number formats and is supported for longer.
        """
        return tuple(sorted(self.choosable, key=_preference))

    @cached_property
    def gpu_counts(self) -> tuple[int, ...]:
        """GPUs that a type may have, ascending."""
        return tuple(sorted({instance.gpu_count for instance in self.instances}))

    @cached_property
    def _models_by_id(self) -> dict[str, ModelSpec]:
        return {model.id: model for model in reversed(self.models)}

    def instance(self, instance_type: str) -> Instance | None:
        return next((found for found in self.instances if found.instance_type == instance_type), None)

    def model(self, model_id: str) -> ModelSpec | None:
        """The model of this id, or one whose shape its name tells (``sizing/model_names.py``)."""
        exact = self._models_by_id.get(model_id)
        known = dict(self.incomplete_models)
        return exact or (None if model_id in known else derived(model_id, self.models))


def _preference(instance: Instance) -> tuple[float, int, float, str]:
    """Smaller is better."""
    usd, newest = instance.hourly_usd, instance.whole_gpu.compute_capability
    return inf if usd is None else usd, instance.gpu_count, -newest, instance.instance_type


def _read(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((DATA / name).read_text())
    return document


def _gpu_of(row: dict[str, Any], gpus: tuple[Gpu, ...]) -> Gpu | None:
    """The GPU of an instance row: same name, nearest memory (the API gives usable, datasheets nominal GiB)."""
    named = [gpu for gpu in gpus if gpu.name == row["gpu"]]
    return min(named, key=lambda gpu: abs(gpu.nominal_gib - row["gpu_memory_gib"]), default=None)


def _instance(row: dict[str, Any], gpus: tuple[Gpu, ...]) -> Instance:
    return Instance(
        instance_type=row["instance_type"],
        gpu_name=row["gpu"],
        gpu=_gpu_of(row, gpus),
        gpu_count=row["gpu_count"],
        vcpus=row["vcpus"],
        memory_gib=row["memory_gib"],
        local_nvme_gb=row["local_nvme_gb"],
        ebs_gbps=row["ebs_gbps"],
        hourly_usd=row["hourly_usd"],
    )


@cache
def load_catalog() -> Catalog:
    """The committed catalogue, read once."""
    gpus = tuple(Gpu(**row) for row in _read("gpus.json")["gpus"])
    instances = _read("instances.json")
    models = _read("models.json")["models"]
    return Catalog(
        instances=tuple(_instance(row, gpus) for row in instances["instances"]),
        gpus=gpus,
        models=tuple(model_from_row(row) for row in models if "incomplete" not in row),
        incomplete_models=tuple((row["id"], row["incomplete"]) for row in models if "incomplete" in row),
        prices_date=instances["prices_date"],
        price_region=instances["price_region"],
        offerings=offerings_of(_read("offerings.json")),
    )
