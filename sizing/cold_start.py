"""How long a first boot takes, phase by phase, with nothing cached: the bound that the timers rest on. Seconds.

Where the numbers are from (public measurements): launch to user data 34 s on a small type, about 45 s for GPU types;
pulling a 9-12 GB image 131-480 s; reads of safetensors as in ``sizing/loading.py``; vLLM's start after the weights
101 s (8B dense, H100) to 264 s (30B mixture of experts); the ordinary Hub client 200 MiB/s on these types (assumed).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

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
LOCAL_LINE_MIBPS = 24  # 200 Mbit/s (assumed)
LOCAL_IMAGE_MIB = 10_000  # compressed
LOCAL_CPU_IMAGE_MIB = 1_500
LOCAL_UNPACK_S = 60


def _engine_s(model: ModelSpec, option: Candidate) -> int:
    eager = option.launch.enforce_eager
    compiled = 0.0 if eager else (COMPILE_EXPERTS_S if model.experts else COMPILE_S)
    graphs = 0.0 if eager else GRAPHS_S_PER_LAYER * model.layers
    return math.ceil(PROCESS_S + compiled + graphs)


def local_cold_start(model: ModelSpec, start: ColdStart, *, on_cpu: bool) -> ColdStart:
    """Those of the phases that a container on this machine goes through as well, over a line of 200 Mbit/s."""
    seconds = dict(start.phases)
    image_mib = LOCAL_CPU_IMAGE_MIB if on_cpu else LOCAL_IMAGE_MIB
    phases = (
        ("image", math.ceil(image_mib / LOCAL_LINE_MIBPS) + LOCAL_UNPACK_S),
        ("download", math.ceil(checkpoint_bytes(model) / 2**20 / LOCAL_LINE_MIBPS)),
        *((name, seconds[name]) for name in ("load", "engine", "probe")),
    )
    return ColdStart(total=sum(each for _, each in phases), phases=phases)


def cold_start(model: ModelSpec, option: Candidate, *, cache: CachePool, loader_mibps: int) -> ColdStart:
    """Phases in the order in which a host goes through them."""
    mib = checkpoint_bytes(model) / 2**20
    phases = (
        ("instance", INSTANCE_S),
        ("cache_slot", CACHE_SLOT_S),
        ("secrets", SECRETS_S),
        ("image", IMAGE_S),
        ("download", math.ceil(mib / min(DOWNLOAD_MIBPS, cache.throughput_mibps))),
        ("load", math.ceil(mib / min(loader_mibps, cache.throughput_mibps))),
        ("engine", _engine_s(model, option)),
        ("probe", PROBE_S),
    )
    return ColdStart(total=sum(seconds for _, seconds in phases), phases=phases)


def slowest(starts: Iterable[ColdStart]) -> ColdStart:
    """Phase by phase, so that what is derived from some of them holds on whichever type a host is."""
    seconds: dict[str, int] = {}
    for start in starts:
        seconds |= {name: max(each, seconds.get(name, 0)) for name, each in start.phases}
    return ColdStart(total=sum(seconds.values()), phases=tuple(seconds.items()))


def engine_start_s(start: ColdStart) -> int:
    """From the start of the vLLM process to its first answer: what vLLM's own timeout covers. The files are there."""
    return sum(seconds for name, seconds in start.phases if name in ("load", "engine"))


def blank_slot_s(start: ColdStart) -> int:
    """What a blank volume costs more than a slot that holds image and model."""
    return sum(seconds for name, seconds in start.phases if name in ("image", "download"))
