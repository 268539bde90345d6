"""A dev host's options, written out: these tests do not depend on the planner's numbers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sizing.fleet_plan import HostType
from sizing.plan import CachePool, ColdStart, Cost, Memory, Plan, Replicas, Timers
from userdata.options import HostOptions

ARGUMENTS = (
    "meta-llama/Llama-3.1-8B-Instruct",
    "--served-model-name",
    "meta-llama/Llama-3.1-8B-Instruct",
    "--tensor-parallel-size",
    "1",
    "--max-model-len",
    "8192",
    "--gpu-memory-utilization",
    "0.9",
    "--shutdown-timeout",
    "120",
    "--port",
    "8000",
)
TIMERS = Timers(
    boot_deadline_s=1500,
    cache_wait_s=300,
    launch_heartbeat_timeout_s=300,
    launch_heartbeat_interval_s=60,
    engine_ready_timeout_s=900,
    grace_period_s=120,
    instance_warmup_s=120,
    idle_timeout_s=300,
    keep_alive_s=330,
    deregistration_delay_s=300,
    shutdown_timeout_s=120,
    stop_timeout_s=150,
    terminate_heartbeat_timeout_s=900,
    health_interval_s=10,
    healthy_threshold=2,
    unhealthy_threshold=3,
    stall_s=180,
)
COLD_START = (
    ("instance", 60),
    ("cache_slot", 30),
    ("secrets", 5),
    ("image", 300),
    ("download", 80),
    ("load", 35),
    ("engine", 80),
    ("probe", 10),
)
MEMORY = Memory(
    total_gib=22.0,
    usable_gib=20.0,
    weights_gib=15.0,
    activation_gib=1.0,
    overhead_gib=1.0,
    kv_cache_gib=3.0,
    kv_cache_tokens=24576,
    kv_bytes_per_token=131072,
)


FIRST_TYPE = HostType(
    instance_type="g6.2xlarge", gpus_per_replica=1, planned_concurrency=8, hourly_usd=1.0, vllm_args=ARGUMENTS
)


def make_plan(
    *,
    vllm_args: tuple[str, ...] = ARGUMENTS,
    served_name: str = ARGUMENTS[0],
    others: tuple[HostType, ...] = (),
) -> Plan:
    """``others``: types beside the first."""
    return Plan(
        stack="dev",
        model=ARGUMENTS[0],
        served_name=served_name,
        image="vllm/vllm-openai:v0.32.0",
        instance_type="g6.2xlarge",
        gpu="L4",
        gpus_per_replica=1,
        tensor_parallel_size=1,
        pipeline_parallel_size=1,
        vllm_args=vllm_args,
        memory=MEMORY,
        max_concurrency=3.0,
        max_model_len=8192,
        replicas=Replicas(min=1, max=1),
        cost=Cost(hourly_usd=1.0, monthly_usd=730.0, items=()),
        cold_start=ColdStart(total=600, phases=COLD_START),
        timers=TIMERS,
        cache=CachePool(size_gib=100, iops=3000, throughput_mibps=250, zones=1, slots_per_zone=2),
        root_volume_gib=75,
        checkpoint_gib=15,
        driver_needed=580,
        findings=(),
        host_types=(replace(FIRST_TYPE, vllm_args=vllm_args), *others),
    )


def make_options(*, plan: Plan | None = None, **changes: Any) -> HostOptions:
    arn = "arn:aws:secretsmanager:us-east-1:123456789012:secret"
    options = HostOptions(
        plan=plan or make_plan(),
        image="vllm/vllm-openai:v0.32.0",
        stack="dev",
        region="us-east-1",
        scripts_bucket="vllm-scripts-0a1b2c3",
        api_keys_secret_arn=f"{arn}:vllm-api-keys-AbCdEf",
        hf_token_secret_arn=f"{arn}:vllm-hf-token-GhIjKl",
        hf_token_required=True,
        cache_pool="dev",
        log_group="vllm-hosts-0a1b2c3",
        target_group_arn="arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/vllm/0123456789abcdef",
        launching_hook="vllm-launching",
        terminating_hook="vllm-terminating",
        boot_loop_alarm="vllm-dev-boot-loop",
    )
    return replace(options, **changes)
