"""The Plan: what a configuration takes, as frozen data. GiB are 2**30 bytes; durations are seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from sizing.estimate import Range
from sizing.fleet_plan import CapacityPlan, ChangePlan, HostType, ScalingPlan

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
class Throughput:
    """One replica with ``running`` requests all the time, each of ``prompt_tokens`` and then ``answer_tokens``.

    ``decode_tokens_per_s`` of all requests together; ``answer_s`` from a request to its last token. USD of the instance
    alone, for tokens in and out, and for those of answers; None where it has no listed price.
    """

    running: int
    prompt_tokens: int
    answer_tokens: int
    requests_per_s: Range
    decode_tokens_per_s: Range
    first_token_s: Range
    answer_s: Range
    usd_per_million_tokens: Range | None
    usd_per_million_answer_tokens: Range | None


@dataclass(frozen=True, kw_only=True)
class Argument:
    """One argument of vLLM: ``value`` as passed, None for a bare flag; ``asked``: the user's own value."""

    name: str  # with its dashes
    value: str | None
    reason: str
    asked: bool = False


@dataclass(frozen=True, kw_only=True)
class Replicas:
    """The bounds of ``scaling``; ``most``: that there can ever be, by a schedule too."""

    min: int
    max: int
    most: int = 0


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
    cache_wait_s: int  # a booting host waits so long for a slot that another is leaving
    launch_heartbeat_timeout_s: int  # of the launching hook
    launch_heartbeat_interval_s: int  # host's heartbeats while it boots
    engine_ready_timeout_s: int  # VLLM_ENGINE_READY_TIMEOUT_S
    grace_period_s: int  # group: health checks ignored after InService
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
    stall_s: int  # without progress for so long, a host has itself replaced


@dataclass(frozen=True, kw_only=True)
class CachePool:
    """Slots are persistent EBS volumes, ``slots_per_zone`` in each of ``zones`` zones."""

    size_gib: int
    iops: int
    throughput_mibps: int
    zones: int
    slots_per_zone: int


@dataclass(frozen=True, kw_only=True)
class Option:
    """A machine beside the chosen one; ``hourly_usd`` of one instance; ``zones`` that offer it, if known.

    ``reason``: why it is not taken. ``requests`` of the typical length, and ``decode_tokens_per_s`` and
    ``usd_per_million_tokens`` with as many running; None where the model does not fit.
    """

    instance_type: str
    gpu: str
    gpus: int
    tensor_parallel_size: int
    hourly_usd: float
    max_concurrency: float
    requests: int
    reason: str
    decode_tokens_per_s: Range | None = None
    usd_per_million_tokens: Range | None = None
    zones: int | None = None


@dataclass(frozen=True, kw_only=True)
class Equivalent:
    """A type that can stand in for the chosen one when AWS has none of it.

    ``same_flags``: the plan's own arguments hold what is asked on it too; else ``vllm_args`` are those it needs.
    ``running``: requests of the typical length that run at once.
    """

    instance_type: str
    gpu: str
    gpus: int
    tensor_parallel_size: int
    hourly_usd: float
    max_concurrency: float
    running: int
    same_flags: bool
    vllm_args: tuple[str, ...]
    zones: int | None = None


@dataclass(frozen=True, kw_only=True)
class LocalPlan:
    """What is special about this machine. ``gpus``: as ``docker run --gpus`` takes it, None: vLLM runs on the CPU,
    with a KV cache of ``cpu_kv_space_gib``."""

    gpus: str | None
    cpu_kv_space_gib: int = 0


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
    checkpoint_gib: int  # of the model's files, rounded up
    driver_needed: int  # major version of the NVIDIA driver that the image runs on
    findings: tuple[Finding, ...] = ()  # warnings first
    gated: bool = False  # the checkpoint downloads only with a token
    alternatives: tuple[Option, ...] = ()  # would do; the preferred first
    rejected: tuple[Option, ...] = ()  # cheaper and would not do; the dearest of them last
    equivalents: tuple[Equivalent, ...] = ()  # stand-ins when AWS is out of the chosen type, the preferred first
    flags: tuple[Argument, ...] = ()  # the planner's part of vllm_args, each with its reason
    throughput: Throughput | None = None
    instance_gpus: int = 0  # of the type, used or not
    typical_tokens: int = 0  # prompt and answer of one request, as asked
    requests: int = 0  # of typical_tokens that the cache holds at once
    kv_band_gib: float = 0.0  # the KV cache is predicted to within so much, either way
    longest_request_bytes: int = 0  # of the body of any request that the model could answer, generous
    local: LocalPlan | None = None  # set with `target: local`
    host_types: tuple[HostType, ...] = ()  # that hosts may have, the preferred first; the first is the chosen one
    capacity: CapacityPlan | None = None  # these three are None with `target: local`
    scaling: ScalingPlan | None = None
    change: ChangePlan | None = None
