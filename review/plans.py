"""What changes in the plan, in words, flag by flag."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from review.model import PlanChange

WORDS = {
    "model": "model",
    "instance_type": "instance type",
    "gpu": "GPU",
    "gpus_per_replica": "GPUs per replica",
    "tensor_parallel_size": "tensor parallelism",
    "pipeline_parallel_size": "pipeline parallelism",
    "max_concurrency": "requests at a time that use the whole context, per replica",
    "typical_concurrency": "requests at a time, per replica",
    "typical_tokens": "tokens of a typical request",
    "memory.kv_cache_tokens": "tokens in the KV cache, per replica",
    "memory.weights_gib": "weights per GPU, GiB",
    "replicas.min": "replicas, at least",
    "replicas.max": "replicas, at most",
    "replicas.most": "replicas, at most by a schedule",
    "scaling.signal": "what replicas are added for",
    "scaling.target": "load that a replica is held at",
    "scaling.low_for_s": "seconds of low load until a replica is taken away",
    "scaling.scale_in_cooldown_s": "seconds from taking one replica away to the next",
    "scaling.idle_s": "seconds without a request until the last replica ends",
    "capacity.on_demand_base": "replicas that are never spot instances",
    "capacity.spot_percent": "percent of those above that are spot instances",
    "capacity.block_id": "Capacity Block",
    "change.launch_first": "a new host serves before an old one ends",
    "change.bake_s": "seconds that alarms watch each new host",
    "cost.hourly_usd": "USD an hour",
    "cold_start_s.total": "seconds from launch to the first completion",
    "timers.boot_deadline_s": "seconds until a host gives up its boot",
    "timers.cache_wait_s": "seconds that a booting host waits for a cache slot",
    "timers.launch_heartbeat_timeout_s": "seconds between heartbeats after which a launch is abandoned",
    "timers.launch_heartbeat_interval_s": "seconds from one heartbeat of a booting host to the next",
    "timers.engine_ready_timeout_s": "seconds that vLLM may take to be ready",
    "timers.grace_period_s": "seconds without health checks of a new host",
    "timers.instance_warmup_s": "seconds until a new host counts as warm",
    "timers.idle_timeout_s": "seconds of silence after which the load balancer drops a connection",
    "timers.keep_alive_s": "seconds that vLLM keeps a connection without requests",
    "timers.deregistration_delay_s": "seconds that a leaving host still answers what it has begun",
    "timers.shutdown_timeout_s": "seconds that vLLM has to end what it has begun",
    "timers.stop_timeout_s": "seconds until a stopping vLLM is killed",
    "timers.terminate_heartbeat_timeout_s": "seconds that a terminating host is kept to drain",
    "timers.health_interval_s": "seconds from one health check to the next",
    "timers.healthy_threshold": "health checks passed until a host gets requests",
    "timers.unhealthy_threshold": "health checks failed until a host gets no more",
    "timers.stall_s": "seconds without progress after which a host has itself replaced",
}
"""In the order in which they are told. What a plan has beyond these is either in the flags or follows from them."""

FLAG = "--"


def plan_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[PlanChange, ...]:
    """Words first, then vLLM's flags by name."""
    return (*_in_words(before, after), *_flags(before, after))


def flags_of(arguments: Sequence[str]) -> dict[str, str | tuple[str, ...]]:
    """``--a 1 --b --c 1 --c 2`` by flag: its value, an empty text for a bare one, all of those that are repeated."""
    found: dict[str, list[str]] = {}
    flag = ""
    for argument in arguments:
        if argument.startswith(FLAG):
            flag, equals, value = argument.partition("=")
            found.setdefault(flag, []).extend([value] if equals else [])
        elif flag:
            found[flag].append(argument)
    return {name: values[0] if len(values) == 1 else tuple(values) or "" for name, values in found.items()}


def at(plan: Mapping[str, Any], path: str) -> Any:
    """``replicas.min`` of a plan; None where it has no such key."""
    value: Any = plan
    for key in path.split("."):
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _in_words(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[PlanChange]:
    for path, what in WORDS.items():
        old, new = at(before, path), at(after, path)
        if old != new:
            yield PlanChange(what=what, before=old, after=new)


def _flags(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[PlanChange]:
    old, new = flags_of(before.get("vllm_args") or ()), flags_of(after.get("vllm_args") or ())
    for flag in sorted({*old, *new}):
        if old.get(flag) != new.get(flag):
            yield PlanChange(what=flag, before=old.get(flag), after=new.get(flag))
