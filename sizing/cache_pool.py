"""How many cache slots, how large and how fast."""

from __future__ import annotations

import math

from sizing.catalog import Instance
from sizing.model_spec import ModelSpec
from sizing.plan import CachePool, Replicas
from sizing.weights import GIB, checkpoint_bytes

IMAGE_GIB = 30  # vllm-openai unpacked, with the layers that a pull holds at the same time
COMPILE_CACHE_GIB = 10
STEP_GIB = 10
ROOT_VOLUME_GIB = 100  # the DLAMI's snapshot is 75 GiB; the engine's store is not on it

READ_TARGET_S = 60  # a slot should not be why loading takes longer than this
GP3_MIBPS = (125, 2000)
GP3_IOPS = (3000, 80_000)
IOPS_PER_MIBPS = 4  # gp3 carries at most 0.25 MiB/s per operation
STEP_MIBPS = 25


def smallest_slot_gib(model: ModelSpec) -> int:
    """One copy of the model, one image, the compile cache."""
    return math.ceil(checkpoint_bytes(model) / GIB) + IMAGE_GIB + COMPILE_CACHE_GIB


def slot_gib(model: ModelSpec) -> int:
    """Two revisions of the model and two images, as an upgrade holds both, and the compile cache."""
    need = 2 * checkpoint_bytes(model) / GIB + 2 * IMAGE_GIB + COMPILE_CACHE_GIB
    return math.ceil(need / STEP_GIB) * STEP_GIB


def slot_mibps(model: ModelSpec, instance: Instance, *, loader_mibps: int) -> int:
    """Enough to read the model in a minute, but no more than EBS link and loader carry."""
    wanted = math.ceil(checkpoint_bytes(model) / 2**20 / READ_TARGET_S / STEP_MIBPS) * STEP_MIBPS
    carried = math.floor(instance.ebs_mibps / STEP_MIBPS) * STEP_MIBPS
    return max(GP3_MIBPS[0], min(wanted, carried, loader_mibps, GP3_MIBPS[1]))


def cache_pool(
    model: ModelSpec, instance: Instance, *, loader_mibps: int, replicas: Replicas, zones: int, size_gib: int | None
) -> CachePool:
    """Slots for each zone's share of the replicas, and one more for a refresh that launches before it terminates."""
    mibps = slot_mibps(model, instance, loader_mibps=loader_mibps)
    return CachePool(
        size_gib=size_gib or slot_gib(model),
        iops=max(GP3_IOPS[0], min(mibps * IOPS_PER_MIBPS, GP3_IOPS[1])),
        throughput_mibps=mibps,
        zones=zones,
        slots_per_zone=math.ceil(replicas.most / zones) + 1,
    )
