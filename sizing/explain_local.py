"""The page of a plan for this machine: no prices, no regions, no load balancer."""

from __future__ import annotations

from config.models import StackConfig
from sizing import explain_choice
from sizing.explain_findings import findings
from sizing.plan import Plan
from sizing.text import row, table

TIMER_WORDS = {
    "engine_ready_timeout_s": "vLLM waits for its engine (VLLM_ENGINE_READY_TIMEOUT_S)",
    "idle_timeout_s": "the front: silence on a connection; above the longest unstreamed answer",
    "keep_alive_s": "vLLM keeps idle connections, above the front's",
    "shutdown_timeout_s": "vLLM drains what still runs when it is stopped",
    "stop_timeout_s": "the container is killed, above the drain",
}


def sections(config: StackConfig, plan: Plan) -> tuple[tuple[str, list[str]], ...]:
    """Titles with their lines, in order."""
    on_cpu = plan.gpus_per_replica == 0
    return (
        ("Asked", _asked(config, plan)),
        ("Machine", _machine(plan)),
        (f"Memory of {'this machine' if on_cpu else 'each GPU'}, GiB", explain_choice.memory(plan)),
        (explain_choice.speed_title(plan), explain_choice.speed(plan)),
        ("vLLM", explain_choice.arguments(plan)),
        ("First start, s", _start(plan)),
        ("Timers, s", _timers(plan)),
        ("Findings", findings(plan.findings)),
    )


def _asked(config: StackConfig, plan: Plan) -> list[str]:
    serving = config.serving
    concurrency, typical = serving.concurrency or 1, serving.typical_tokens or plan.max_model_len
    requests = "request" if concurrency == 1 else "requests"
    cache = f"{config.cache.path}, which is there" if config.cache.path else "a volume of the stack"
    return [
        row("model", plan.model + (f", served as {plan.served_name}" if plan.served_name != plan.model else "")),
        row("longest request", f"{plan.max_model_len:,} tokens, prompt and answer together"),
        row("at a time", f"at least {concurrency} {requests} of {typical:,} tokens"),
        row("where", "the Docker engine of this machine, no cost counted"),
        row("model files", cache),
        row("endpoint", f"http://localhost:{config.endpoint.port}/v1, for this machine alone"),
    ]


def _machine(plan: Plan) -> list[str]:
    local = plan.local
    if local is None or local.gpus is None:
        space = local.cpu_kv_space_gib if local else 0
        return [row("processor", f"no GPU; {space} GiB of KV cache (VLLM_CPU_KVCACHE_SPACE)")]
    shared = f", {plan.tensor_parallel_size} share the model" if plan.instance_gpus > 1 else ""
    return [
        row("GPUs", f"{plan.instance_gpus} x {plan.gpu}{shared}"),
        row("docker run --gpus", local.gpus),
    ]


def _start(plan: Plan) -> list[str]:
    rows = [(name, float(seconds), "") for name, seconds in plan.cold_start.phases]
    words = "with nothing here yet; later ones need no image and no download"
    return table([*rows, ("total", float(plan.cold_start.total), words)], digits=0)


def _timers(plan: Plan) -> list[str]:
    return [
        f"  {name.removesuffix('_s').replace('_', ' '):<30}{float(getattr(plan.timers, name)):>8,.0f}  {words}"
        for name, words in TIMER_WORDS.items()
    ]
