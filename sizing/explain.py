"""The Plan as a page for people: what was asked, what was chosen and why, and what follows from it."""

from __future__ import annotations

from config.models import StackConfig
from sizing import explain_choice, explain_fleet, explain_local
from sizing.cost import HOURS_PER_MONTH
from sizing.explain_findings import findings
from sizing.plan import Plan
from sizing.text import row, table
from sizing.zones import zones_of_network

TIMER_WORDS = {
    "boot_deadline_s": "a host that does not serve by then is given up",
    "cache_wait_s": "a booting host waits so long for a cache slot, then makes a scratch volume",
    "launch_heartbeat_timeout_s": "launching hook: without a heartbeat for this long the launch has failed",
    "launch_heartbeat_interval_s": "a booting host says that it is alive",
    "engine_ready_timeout_s": "vLLM waits for its engine (VLLM_ENGINE_READY_TIMEOUT_S)",
    "grace_period_s": "group: health checks count from then on, after InService",
    "instance_warmup_s": "group: a new instance counts as settled, after InService",
    "idle_timeout_s": "load balancer: silence on a connection; above the longest unstreamed answer",
    "keep_alive_s": "vLLM keeps idle connections, above the load balancer's",
    "deregistration_delay_s": "requests in flight may end when a host leaves the load balancer",
    "shutdown_timeout_s": "vLLM drains what still runs when it is stopped",
    "stop_timeout_s": "the container is killed, above the drain",
    "terminate_heartbeat_timeout_s": "terminating hook, above deregistration and stop",
    "stall_s": "a host without progress for so long has itself replaced",
    "health_interval_s": "between health checks",
}


def _asked(config: StackConfig, plan: Plan) -> list[str]:
    serving = config.serving
    concurrency, typical = serving.concurrency or 1, serving.typical_tokens or plan.max_model_len
    requests = "request" if concurrency == 1 else "requests"
    return [
        row("model", plan.model + (f", served as {plan.served_name}" if plan.served_name != plan.model else "")),
        row("longest request", f"{plan.max_model_len:,} tokens, prompt and answer together"),
        row("at a time, per replica", f"at least {concurrency} {requests} of {typical:,} tokens"),
        row("machine", _machine_asked(config)),
        row("replicas", _replicas(plan)),
        row("region", config.region),
        row("network", _network(config)),
        row("endpoint", _endpoint(config)),
    ]


def _machine_asked(config: StackConfig) -> str:
    compute = config.compute
    if compute.instance_type != "auto":
        return f"{compute.instance_type}, as asked"
    gpus = compute.gpu or ("GPUs" if compute.tensor_parallel != "auto" else "")
    if compute.tensor_parallel != "auto":
        gpus = f"{compute.tensor_parallel} {'x ' if compute.gpu else ''}{gpus}"
    return "the cheapest that holds it" + (f" on {gpus}" if gpus else "")


def _replicas(plan: Plan) -> str:
    low, high, zones = plan.replicas.min, plan.replicas.max, plan.cache.zones
    count = str(low) if low == high else f"{low} to {high}"
    count += f" (up to {plan.replicas.most} by schedule)" if plan.replicas.most > high else ""
    return f"{count}, in {zones} zone{'s' if zones > 1 else ''}"


def _network(config: StackConfig) -> str:
    zones, network = zones_of_network(config), config.network
    if network.mode == "existing":
        return f"{network.vpc_id}, as given, with subnets in {zones} zones"
    nat = {"none": "no NAT", "single": "one NAT gateway", "per_az": "a NAT gateway in each"}[network.nat]
    return f"its own, {network.cidr}, {zones} zones, {nat}"


def _endpoint(config: StackConfig) -> str:
    endpoint = config.endpoint
    scheme = "HTTPS" if endpoint.is_https else "HTTP"
    return f"{endpoint.exposure}, {scheme}" + (f", {endpoint.domain}" if endpoint.domain else "")


def _cost(plan: Plan) -> list[str]:
    """The notes start with region and date, which the title says once."""
    rows = []
    for item in plan.cost.items:
        remark = item.note.partition(": ")[2]
        words = f"{item.quantity:g} x {item.unit}" + (f" ({remark})" if remark else "")
        rows.append((item.name, item.hourly_usd, words))
    replicas = f"{plan.replicas.min} replica" + ("" if plan.replicas.min == 1 else "s")
    monthly = f"at {replicas}; {plan.cost.monthly_usd:,.2f} USD a month of {HOURS_PER_MONTH} h"
    return table([*rows, ("total", plan.cost.hourly_usd, monthly)], digits=4)


def _cost_title(plan: Plan) -> str:
    """Region and day of the prices, those of the instances first; with no replica there are none of these."""
    sources = {item.name == "instances": item.note.partition(": ")[0] for item in plan.cost.items}
    if True not in sources:
        return f"Cost, USD per hour ({sources[False]})"
    return f"Cost, USD per hour (instances: {sources[True]}; the rest: {sources[False]})"


def _cold_start(plan: Plan) -> list[str]:
    rows = [(name.replace("_", " "), float(seconds), "") for name, seconds in plan.cold_start.phases]
    return table(
        [*rows, ("total", float(plan.cold_start.total), "with nothing cached; a warm slot saves image and download")],
        digits=0,
    )


def _timers(plan: Plan) -> list[str]:
    rows = [
        (name.removesuffix("_s").replace("_", " "), float(getattr(plan.timers, name)), words)
        for name, words in TIMER_WORDS.items()
    ]
    return [f"  {label:<30}{seconds:>8,.0f}  {words}" for label, seconds, words in rows] + [
        f"  healthy after {plan.timers.healthy_threshold} good checks, "
        f"unhealthy after {plan.timers.unhealthy_threshold} bad ones"
    ]


def explain(config: StackConfig, plan: Plan) -> str:
    """The whole page, plain text, ending in a newline."""
    on_aws = plan.local is None
    sections = _sections(config, plan) if on_aws else explain_local.sections(config, plan)
    title = f"{plan.stack}: {plan.model} on {plan.instance_type if on_aws else 'this machine'}"
    return "\n\n".join([title, *("\n".join([name, *lines]) for name, lines in sections)]) + "\n"


def _sections(config: StackConfig, plan: Plan) -> tuple[tuple[str, list[str]], ...]:
    return (
        ("Asked", _asked(config, plan)),
        ("Machine, by price", explain_choice.machines(plan)),
        ("Memory of each GPU, GiB", explain_choice.memory(plan)),
        (explain_choice.speed_title(plan), explain_choice.speed(plan)),
        ("vLLM", explain_choice.arguments(plan)),
        (f"When AWS has no {plan.instance_type}", explain_choice.stand_ins(plan)),
        ("Capacity", explain_fleet.capacity(plan)),
        ("Scaling", explain_fleet.scaling(plan)),
        ("Change", explain_fleet.change(plan)),
        (_cost_title(plan), _cost(plan)),
        ("Cold start, s", _cold_start(plan)),
        ("Timers, s", _timers(plan)),
        ("Findings", findings(plan.findings)),
    )
