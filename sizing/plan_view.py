"""The Plan as plain data: ``ops plan --json`` and the ``plan`` stack output."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sizing.fleet_plan import CapacityPlan, ChangePlan, HostType, ScalingPlan
from sizing.plan import Equivalent, Memory, Option, Plan, Throughput

GIB_DIGITS = 3


def memory_dict(memory: Memory) -> dict[str, Any]:
    """Per GPU in GiB, rounded so that the terms still add up as shown; tokens and bytes of the whole replica."""
    shown = {name: round(value, GIB_DIGITS) for name, value in asdict(memory).items() if name.endswith("_gib")}
    spent = shown["weights_gib"] + shown["activation_gib"] + shown["overhead_gib"]
    shown["kv_cache_gib"] = round(shown["usable_gib"] - spent, GIB_DIGITS)
    return {
        **shown,
        "kv_cache_tokens": memory.kv_cache_tokens,
        "kv_bytes_per_token": memory.kv_bytes_per_token,
    }


def throughput_dict(found: Throughput | None) -> dict[str, Any] | None:
    """Ranges as ``{"low", "high"}``, rounded to what an estimate can say."""
    return None if found is None else {name: _shown(value) for name, value in asdict(found).items()}


def _shown(value: Any) -> Any:
    """Three digits of an estimate."""
    if isinstance(value, dict):
        return {name: _shown(each) for name, each in value.items()}
    return float(f"{value:.3g}") if isinstance(value, float) else value


def _option_dict(option: Option) -> dict[str, Any]:
    found = asdict(option)
    return {
        **found,
        "max_concurrency": round(option.max_concurrency, 2),
        "decode_tokens_per_s": _shown(found["decode_tokens_per_s"]),
        "usd_per_million_tokens": _shown(found["usd_per_million_tokens"]),
    }


def _equivalent_dict(each: Equivalent) -> dict[str, Any]:
    return {**asdict(each), "vllm_args": list(each.vllm_args), "max_concurrency": round(each.max_concurrency, 2)}


def _plain(value: HostType | CapacityPlan | ScalingPlan | ChangePlan | None) -> Any:
    """None on this machine. Lists in place of tuples, as JSON has them."""
    return None if value is None else _listed(asdict(value))


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _listed(each) for name, each in value.items()}
    return [_listed(each) for each in value] if isinstance(value, tuple | list) else value


def plan_dict(plan: Plan) -> dict[str, Any]:
    """The keys that scripts rely on, as plain data: also the stack output that a preview shows the changes of."""
    return {
        "stack": plan.stack,
        "model": plan.model,
        "instance_type": plan.instance_type,
        "gpu": plan.gpu,
        "gpus_per_replica": plan.gpus_per_replica,
        "tensor_parallel_size": plan.tensor_parallel_size,
        "pipeline_parallel_size": plan.pipeline_parallel_size,
        "vllm_args": list(plan.vllm_args),
        "memory": memory_dict(plan.memory),
        "max_concurrency": round(plan.max_concurrency, 2),
        "replicas": asdict(plan.replicas),
        "cost": {
            "hourly_usd": plan.cost.hourly_usd,
            "monthly_usd": plan.cost.monthly_usd,
            "items": [asdict(item) for item in plan.cost.items],
        },
        "cold_start_s": {"total": plan.cold_start.total, **dict(plan.cold_start.phases)},
        "timers": asdict(plan.timers),
        "findings": [asdict(finding) for finding in plan.findings],
        "throughput": throughput_dict(plan.throughput),
        "host_types": [_plain(each) for each in plan.host_types],
        "capacity": _plain(plan.capacity),
        "scaling": _plain(plan.scaling),
        "change": _plain(plan.change),
        **({} if plan.local is None else {"local": asdict(plan.local)}),
    }


def whole_plan_dict(plan: Plan) -> dict[str, Any]:
    """Those keys, and after them all else that the page for people shows."""
    return {
        **plan_dict(plan),
        "typical_tokens": plan.typical_tokens,
        "typical_concurrency": plan.requests,
        "kv_cache_band_gib": round(plan.kv_band_gib, GIB_DIGITS),
        "flags": [asdict(argument) for argument in plan.flags],
        "alternatives": [_option_dict(option) for option in plan.alternatives],
        "rejected": [_option_dict(option) for option in plan.rejected],
        "equivalents": [_equivalent_dict(each) for each in plan.equivalents],
    }
