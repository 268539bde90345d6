"""How vLLM reads the weights from the cache slot, and how fast. MiB/s.

Its default maps the files into memory and reads about 0.31 GB/s per process, whatever the disk carries (public
measurements). ``--safetensors-load-strategy prefetch`` reads whole files ahead into the page cache with 8 threads
(vllm/model_executor/model_loader/weight_utils.py), 3.3 times as fast on gp3; vLLM itself turns it on for network file
systems only.
"""

from __future__ import annotations

from collections.abc import Collection

from sizing.catalog import Instance
from sizing.model_spec import ModelSpec
from sizing.weights import GIB, checkpoint_bytes

STRATEGY = "safetensors-load-strategy"
OTHER_LOADERS = ("load-format", STRATEGY)
PAGE_CACHE_SHARE = 0.75  # of the host's memory; vLLM warns above 0.9 of what is free
MAPPED_MIBPS_PER_GPU = 300
PREFETCH_MIBPS = 1000


def prefetches(model: ModelSpec, instance: Instance, *, given: Collection[str]) -> bool:
    """Whether the weights are read ahead: they fit into the host's page cache, and nobody chose a loader.

    ``given``: flags of ``extraArgs``. Files that do not fit would push each other out before they are used.
    """
    fits = checkpoint_bytes(model) <= PAGE_CACHE_SHARE * instance.memory_gib * GIB
    return fits and not any(flag in given for flag in OTHER_LOADERS)


def loader_mibps(*, gpus: int, prefetch: bool) -> int:
    """What vLLM reads when the disk carries more."""
    return max(MAPPED_MIBPS_PER_GPU * gpus, PREFETCH_MIBPS if prefetch else 0)
