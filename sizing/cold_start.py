"""How long a first boot takes, phase by phase, with nothing cached: the bound that the timers rest on. Seconds.

Where the numbers are from (public measurements): launch to user data 34 s on a small type, about 45 s for GPU types;
pulling a 9-12 GB image 131-480 s; mmap reads of safetensors 0.31 GB/s; vLLM's start after the weights 101 s (8B dense,
H100) to 264 s (30B mixture of experts); the ordinary Hub client 200 MiB/s on these types (assumed).
"""

from __future__ import annotations

import math

from sizing.cache_pool import READ_MIBPS_PER_GPU
from sizing.machines import Candidate
from sizing.model_spec import ModelSpec
from sizing.plan import CachePool, ColdStart
from sizing.weights import checkpoint_bytes

INSTANCE_S = 60
CACHE_SLOT_S = 30  # attach, format when blank, mount, start the container engine on it
SECRETS_S = 5
IMAGE_S = 300
DOWNLOAD_MIBPS = 200
PROCESS_S = 20  # Python imports before the device is touched
COMPILE_S = 60
COMPILE_EXPERTS_S = 150  # kernels for mixtures of experts are tuned or compiled too
GRAPHS_S_PER_LAYER = 0.75
PROBE_S = 10


def _engine_s(model: ModelSpec, option: Candidate) -> int:
    eager = option.launch.enforce_eager
    compiled = 0.0 if eager else (COMPILE_EXPERTS_S if model.experts else COMPILE_S)
    graphs = 0.0 if eager else GRAPHS_S_PER_LAYER * model.layers
    return math.ceil(PROCESS_S + compiled + graphs)


def cold_start(model: ModelSpec, option: Candidate, *, cache: CachePool) -> ColdStart:
    """Phases in the order in which a host goes through them."""
    mib, gpus = checkpoint_bytes(model) / 2**20, option.launch.tensor_parallel_size
    phases = (
        ("instance", INSTANCE_S),
        ("cache_slot", CACHE_SLOT_S),
        ("secrets", SECRETS_S),
        ("image", IMAGE_S),
        ("download", math.ceil(mib / min(DOWNLOAD_MIBPS, cache.throughput_mibps))),
        ("load", math.ceil(mib / min(READ_MIBPS_PER_GPU * gpus, cache.throughput_mibps))),
        ("engine", _engine_s(model, option)),
        ("probe", PROBE_S),
    )
    return ColdStart(total=sum(seconds for _, seconds in phases), phases=phases)


def engine_start_s(start: ColdStart) -> int:
    """From the start of the vLLM process to its first answer, download included: what vLLM's own timeout covers."""
    return sum(seconds for name, seconds in start.phases if name in ("download", "load", "engine"))
