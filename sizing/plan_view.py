"""The Plan as plain data: ``ops plan --json`` and the ``plan`` stack output."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from sizing.plan import Memory, Plan

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


def plan_dict(plan: Plan) -> dict[str, Any]:
    """Exactly the keys that scripts rely on; numbers, strings, lists and dictionaries only."""
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
    }
