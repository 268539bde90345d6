"""The host's own series: names, help, and the text of them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .exposition import Exposition, Sample, exposition

PREFIX = "vllm_host_"
EVENTS = ("RequestsCut", "SpotInterruptions", "StalledHosts", "RebalanceRecommendations")
"""What the agent counts by measure.sh. Known from the start, so that the first one is seen as a growth."""

CACHE_FULL = "vllm_host_cache_full_while_waiting"
STALLED = "vllm_host_stalled_seconds"
LOAD = "vllm_host_load_ratio"
UP = "vllm_host_vllm_up"
BOOT = "vllm_host_boot_seconds"
EVENT = "vllm_host_events_total"
TEMPERATURE = "vllm_host_gpu_temperature_celsius"
GPU_MEMORY = "vllm_host_gpu_memory_used_ratio"
XID = "vllm_host_gpu_xid_errors_total"
CACHE_DISK = "vllm_host_cache_disk_used_ratio"
ROOT_DISK = "vllm_host_root_disk_used_ratio"
MEMORY = "vllm_host_memory_used_ratio"
RESTARTS = "vllm_host_vllm_restarts_total"

HELP: Mapping[str, str] = {
    CACHE_FULL: "1 while requests wait and the KV cache is at least 95 % used.",
    STALLED: "For how long requests have been running without progress.",
    LOAD: "Requests that run and wait, by the planned concurrency of this host; there while it is in rotation.",
    UP: "Whether vLLM answered the last look at its metrics; there once the boot is done.",
    BOOT: "What the boot of this host took.",
    EVENT: "What happened to this host, by name.",
    TEMPERATURE: "Temperature of a GPU.",
    GPU_MEMORY: "Used part of a GPU's memory, 0 to 1.",
    XID: "Errors of a GPU that need a reset, a reboot or another machine.",
    CACHE_DISK: "Used part of the disk with model files and compile cache, 0 to 1.",
    ROOT_DISK: "Used part of the root disk, 0 to 1.",
    MEMORY: "Used part of the host's memory, 0 to 1.",
    RESTARTS: "How often systemd has restarted vLLM.",
}
"""Every host series, in the order in which they are served."""


@dataclass(frozen=True, kw_only=True)
class Machine:
    """One look at the machine; None and empty for what could not be seen. ``gpus``: temperature and used part of the
    memory by index."""

    memory: float | None = None
    root_disk: float | None = None
    cache_disk: float | None = None
    gpus: Mapping[str, tuple[float | None, float | None]] | None = None
    xid_errors: int | None = None
    restarts: int | None = None


@dataclass(frozen=True, kw_only=True)
class Server:
    """What the last look at vLLM says. ``up`` None: the boot is not done, or vLLM was stopped on purpose. ``load``
    None: so too, and where no new requests are sent here."""

    up: bool | None = None
    cache_full: bool | None = None
    stalled_s: float | None = None
    load: float | None = None


def host_series(*, server: Server, machine: Machine, boot_s: float | None, events: Mapping[str, float]) -> Exposition:
    """All of them that are known, in Prometheus' words."""
    one = {
        CACHE_FULL: server.cache_full,
        STALLED: server.stalled_s,
        LOAD: server.load,
        UP: server.up,
        BOOT: boot_s,
        XID: machine.xid_errors,
        CACHE_DISK: machine.cache_disk,
        ROOT_DISK: machine.root_disk,
        MEMORY: machine.memory,
        RESTARTS: machine.restarts,
    }
    samples = [Sample(name=name, labels="", value=float(value)) for name, value in one.items() if value is not None]
    counts = {**dict.fromkeys(EVENTS, 0.0), **events}
    samples += [Sample(name=EVENT, labels=f'event="{name}"', value=counts[name]) for name in sorted(counts)]
    for gpu, (temperature, memory) in sorted((machine.gpus or {}).items()):
        for name, value in ((TEMPERATURE, temperature), (GPU_MEMORY, memory)):
            if value is not None:
                samples.append(Sample(name=name, labels=f'gpu="{gpu}"', value=value))
    return exposition(samples, families={sample.name for sample in samples})


def text_of(series: Exposition) -> str:
    """In Prometheus' text format."""
    return "".join(_family(name, series.of(name)) for name in HELP if series.of(name))


def _family(name: str, samples: Iterable[Sample]) -> str:
    kind = "counter" if name.endswith("_total") else "gauge"
    lines = [f"# HELP {name} {HELP[name]}", f"# TYPE {name} {kind}"]
    lines += [f"{name}{{{sample.labels}}} {sample.value!r}" for sample in samples]
    return "\n".join(lines).replace("{}", "") + "\n"
