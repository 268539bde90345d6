"""The Plan: what a configuration takes, as frozen data. GiB are 2**30 bytes; durations are seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Level = Literal["ERROR", "WARNING", "INFO"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something the planner noticed. ``id`` is stable kebab-case; ERROR stops, WARNING prints, INFO explains."""

    level: Level
    id: str
    message: str


@dataclass(frozen=True, kw_only=True)
class Memory:
    """GPU memory per GPU (GiB), and the KV cache of one whole replica (tokens).

    usable = total x utilisation; kv_cache = usable - weights - activation - overhead.
    """

    total_gib: float
    usable_gib: float
    weights_gib: float
    activation_gib: float
    overhead_gib: float
    kv_cache_gib: float
    kv_cache_tokens: int
    kv_bytes_per_token: int


@dataclass(frozen=True, kw_only=True)
class Replicas:
    min: int
    max: int


@dataclass(frozen=True, kw_only=True)
class CostItem:
    """``quantity`` of ``unit`` cost ``hourly_usd`` together, at the minimum of replicas; ``note``: source and date."""

    name: str
    quantity: float
    unit: str
    hourly_usd: float
    note: str


@dataclass(frozen=True, kw_only=True)
class Cost:
    hourly_usd: float
    monthly_usd: float
    items: tuple[CostItem, ...]


@dataclass(frozen=True, kw_only=True)
class ColdStart:
    """Estimate from instance launch to the first completion. ``phases`` in order; ``total`` is their sum."""

    total: int
    phases: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class Timers:
    """Every wait in the system, derived once. The inequalities between them are tests."""

    boot_deadline_s: int  # host gives up and abandons the launch
    launch_heartbeat_timeout_s: int  # of the launching hook
    launch_heartbeat_interval_s: int  # host's heartbeats while it boots
    engine_ready_timeout_s: int  # VLLM_ENGINE_READY_TIMEOUT_S
    grace_period_s: int  # group: ELB health checks ignored after InService
    instance_warmup_s: int  # group: default instance warm-up, after InService
    idle_timeout_s: int  # load balancer, above the longest answer that is not streamed
    keep_alive_s: int  # vLLM's keep-alive, above idle_timeout_s
    deregistration_delay_s: int  # target group
    shutdown_timeout_s: int  # vLLM --shutdown-timeout
    stop_timeout_s: int  # docker stop / systemd, above shutdown_timeout_s
    terminate_heartbeat_timeout_s: int  # of the terminating hook, above the whole drain
    health_interval_s: int
    healthy_threshold: int
    unhealthy_threshold: int


@dataclass(frozen=True, kw_only=True)
class CachePool:
    """Slots are persistent EBS volumes, ``slots_per_zone`` in each of ``zones`` zones."""

    size_gib: int
    iops: int
    throughput_mibps: int
    zones: int
    slots_per_zone: int


@dataclass(frozen=True, kw_only=True)
class Alternative:
    """Another machine that holds what is asked; ``hourly_usd`` of one instance; ``zones`` that offer it, if known."""

    instance_type: str
    gpu: str
    tensor_parallel_size: int
    hourly_usd: float
    max_concurrency: float
    zones: int | None = None


@dataclass(frozen=True, kw_only=True)
class Rejected:
    """A cheaper machine, and why it is not taken: what it does not hold, or that the region does not offer it."""

    instance_type: str
    gpu: str
    tensor_parallel_size: int
    hourly_usd: float
    reason: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    stack: str
    model: str  # HuggingFace id
    served_name: str
    image: str  # as `docker run` gets it: repository:tag or repository@digest
    instance_type: str
    gpu: str
    gpus_per_replica: int
    tensor_parallel_size: int
    pipeline_parallel_size: int
    vllm_args: tuple[str, ...]  # everything after the image in `docker run`, the model id first
    memory: Memory
    max_concurrency: float  # kv_cache_tokens / maxModelLen, as vLLM prints it
    max_model_len: int
    replicas: Replicas
    cost: Cost
    cold_start: ColdStart
    timers: Timers
    cache: CachePool
    root_volume_gib: int
    findings: tuple[Finding, ...] = ()  # warnings first
    gated: bool = False  # the checkpoint downloads only with a token
    alternatives: tuple[Alternative, ...] = ()  # cheapest first
    rejected: tuple[Rejected, ...] = ()  # the dearest of the cheaper ones last
