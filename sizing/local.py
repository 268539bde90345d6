"""The machine of a stack with ``target: local``, as planning gets to know it. Frozen data; who looks is ``machine``."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class LocalGpu:
    """One GPU as the driver describes it; ``index`` as Docker takes it."""

    index: int
    name: str
    memory_gib: float
    compute_capability: float


@dataclass(frozen=True, kw_only=True)
class Hardware:
    """``gpu_trouble``: why the GPUs could not be asked, although there is a driver."""

    gpus: tuple[LocalGpu, ...]
    memory_gib: float
    vcpus: int
    gpu_trouble: str = ""
