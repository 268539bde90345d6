"""What the user's own values cost or win, against what the planner would have taken."""

from __future__ import annotations

from dataclasses import replace

from config.models import StackConfig
from sizing.catalog import Gpu
from sizing.checks import DEFAULT_UTILIZATION
from sizing.choice_view import machine_of, running
from sizing.choose import Demand, Fit, fit_of
from sizing.machines import Candidate, first_that_holds
from sizing.plan import Finding, Level, Timers
from sizing.throughput import throughput_of, typical_load

NATIVE_FP8 = 8.9  # Ada and Hopper compute in FP8; before, weights and cache are converted on the way
MOST_UTILIZATION = 0.95  # above it the CUDA context and other small users have too little left on most cards


def about_values(
    config: StackConfig, chosen: Candidate, *, free: tuple[Candidate, ...], waits: Timers
) -> list[Finding]:
    """``free``: every machine, the preferred first, as if ``compute`` asked for nothing."""
    found = (
        _machine(config, chosen, free),
        _weights(chosen),
        _sequences(chosen),
        _batch(chosen),
        _utilization(config, chosen),
        _cache_dtype(chosen),
        _eager(chosen),
        _queue(config, chosen),
        _keep_alive(config, waits, local=chosen.instance.is_local),
        _typical(config, chosen),
    )
    return [finding for finding in found if finding is not None]


def _finding(level: Level, ident: str, message: str) -> Finding:
    return Finding(level=level, id=ident, message=message)


def _other_way(chosen: Candidate, demand: Demand) -> Fit:
    """The chosen machine for another demand."""
    return fit_of(chosen.model, chosen.gpu, tensor_parallel_size=chosen.tensor_parallel_size, demand=demand)


def _machine(config: StackConfig, chosen: Candidate, free: tuple[Candidate, ...]) -> Finding | None:
    compute = config.compute
    if compute.instance_type == "auto" and compute.gpu is None and compute.tensor_parallel == "auto":
        return None
    best, usd = first_that_holds(free), chosen.instance.hourly_usd
    if best is None or usd is None or best.hourly_usd >= usd:
        return None
    return _finding(
        "INFO",
        "own-machine-is-dearer",
        f"{best.instance.instance_type} ({best.gpu_count_and_name}) holds it too, for {best.hourly_usd:.4g} USD an "
        f"hour in place of {usd:.4g}: compute asks for {chosen.instance.instance_type}",
    )


def _weights(chosen: Candidate) -> Finding | None:
    asked, gpu = chosen.demand.quantization, chosen.gpu
    if asked is None or chosen.model.quantization is not None:
        return None
    own = _other_way(chosen, replace(chosen.demand, quantization=None)).terms.weights_gib
    native = not asked.startswith(("fp8", "mxfp8")) or gpu.compute_capability >= NATIVE_FP8
    return _finding(
        "INFO",
        "own-quantization",
        f"model.quantization {asked}: {chosen.fit.terms.weights_gib:.1f} GiB of weights per GPU in place of {own:.1f}; "
        "answers may differ a little"
        + ("" if native else f", and prompts are no faster, because {gpu.name} does not compute in FP8"),
    )


def _sequences(chosen: Candidate) -> Finding | None:
    asked = chosen.demand.max_num_seqs
    if asked is None:
        return None
    own = _other_way(chosen, replace(chosen.demand, max_num_seqs=None)).launch.max_num_seqs
    typical = chosen.demand.typical_tokens
    if asked > max(chosen.requests, 1):
        return _finding(
            "WARNING",
            "own-max-num-seqs",
            f"serving.maxNumSeqs lets {asked:,} requests start, and the cache holds {chosen.requests:,} of {typical:,} "
            f"tokens: the others are preempted and computed again; the planner would take {own:,}",
        )
    if asked >= own:
        return None
    return _finding(
        "INFO",
        "own-max-num-seqs",
        f"serving.maxNumSeqs lets {asked:,} requests run at a time; the planner would take {own:,}, for about "
        f"{_gain(chosen, own):.1f} times the tokens per second under full load",
    )


def _gain(chosen: Candidate, seqs: int) -> float:
    """Tokens per second with so many sequences, in those with as many as run now (middle of the estimates)."""
    now, then = (
        throughput_of(
            chosen.model,
            machine_of(chosen),
            load=typical_load(running=count, typical_tokens=chosen.demand.typical_tokens),
            hourly_usd=None,
        ).decode_tokens_per_s
        for count in (running(chosen), seqs)
    )
    return (then.low + then.high) / (now.low + now.high)


def _batch(chosen: Candidate) -> Finding | None:
    asked = chosen.demand.max_num_batched_tokens
    if asked is None:
        return None
    own = _other_way(chosen, replace(chosen.demand, max_num_batched_tokens=None))
    fewer = own.memory.kv_cache_tokens - chosen.memory.kv_cache_tokens
    if asked == own.launch.max_num_batched_tokens:
        return None
    cost = f"{abs(fewer):,} tokens {'less' if fewer > 0 else 'more'} of cache" if fewer else "no memory"
    effect = "faster prompts and less even streams" if asked > own.launch.max_num_batched_tokens else "slower prompts"
    return _finding(
        "INFO",
        "own-max-num-batched-tokens",
        f"serving.maxNumBatchedTokens {asked:,} in place of {own.launch.max_num_batched_tokens:,}: {cost}, {effect}",
    )


def _utilization(config: StackConfig, chosen: Candidate) -> Finding | None:
    asked = config.serving.gpu_memory_utilization
    if asked is None or asked == DEFAULT_UTILIZATION or chosen.launch.on_cpu:
        return None
    own = _other_way(chosen, replace(chosen.demand, gpu_memory_utilization=DEFAULT_UTILIZATION))
    gained = chosen.memory.kv_cache_tokens - own.memory.kv_cache_tokens
    left = _left_gib(chosen.gpu, asked)
    high = asked > MOST_UTILIZATION
    return _finding(
        "WARNING" if high else "INFO",
        "own-gpu-memory-utilization",
        f"serving.gpuMemoryUtilization {asked:g} in place of {DEFAULT_UTILIZATION:g}: {abs(gained):,} tokens "
        f"{'more' if gained >= 0 else 'less'} of cache, and {left:.1f} GiB per GPU left outside vLLM's budget"
        + (", which may be too little: vLLM refuses to start when so much is not free" if high else ""),
    )


def _left_gib(gpu: Gpu, utilization: float) -> float:
    return gpu.visible_gib * (1 - utilization)


def _cache_dtype(chosen: Candidate) -> Finding | None:
    asked = chosen.demand.kv_cache_dtype
    if asked is None or asked in ("auto", "bfloat16", "float16"):
        return None
    own = _other_way(chosen, replace(chosen.demand, kv_cache_dtype=None))
    native = chosen.gpu.compute_capability >= NATIVE_FP8
    return _finding(
        "INFO",
        "own-kv-cache-dtype",
        f"serving.kvCacheDtype {asked}: {chosen.memory.kv_cache_tokens:,} tokens of cache in place of "
        f"{own.memory.kv_cache_tokens:,}; answers may differ a little"
        + ("" if native else f", and {chosen.gpu.name} converts each value, having no arithmetic for it"),
    )


def _eager(chosen: Candidate) -> Finding | None:
    if not chosen.demand.enforce_eager:
        return None
    own = _other_way(chosen, replace(chosen.demand, enforce_eager=False))
    saved = own.memory.overhead_gib - chosen.memory.overhead_gib
    return _finding(
        "INFO",
        "own-enforce-eager",
        f"enforce-eager saves {saved:.2f} GiB per GPU and about a minute of start, and decodes without CUDA graphs and "
        "compiled kernels: slower, most of all with few requests at a time",
    )


def _number(config: StackConfig, flag: str) -> float | None:
    value = {name.replace("_", "-"): given for name, given in config.serving.extra_args.items()}.get(flag)
    return float(value) if isinstance(value, int | float | str) and str(value).isdigit() else None


def _queue(config: StackConfig, chosen: Candidate) -> Finding | None:
    asked = _number(config, "max-num-queued-reqs")
    if asked is None or asked >= chosen.launch.max_num_seqs:
        return None
    return _finding(
        "WARNING",
        "own-max-num-queued-reqs",
        f"max-num-queued-reqs {asked:g} counts running requests too, so never more than these run, of "
        f"{chosen.launch.max_num_seqs} that could",
    )


def _keep_alive(config: StackConfig, waits: Timers, *, local: bool) -> Finding | None:
    asked = _number(config, "sse-keep-alive-interval")
    if asked is None or 0 < asked < waits.idle_timeout_s:
        return None
    return _finding(
        "WARNING",
        "own-sse-keep-alive-interval",
        f"sse-keep-alive-interval {asked:g}: a stream that waits longer than {waits.idle_timeout_s} s for its first "
        "token is cut" + ("" if local else " by the load balancer"),
    )


def _typical(config: StackConfig, chosen: Candidate) -> Finding | None:
    """Where the length of requests is not said, each is planned at the full one, which few have."""
    serving, seqs = config.serving, chosen.launch.max_num_seqs
    if serving.typical_tokens is not None or serving.max_num_seqs is not None:
        return None
    shorter = max(chosen.demand.max_model_len // 8, 1)
    then = _other_way(chosen, replace(chosen.demand, typical_tokens=shorter)).launch.max_num_seqs
    if then <= seqs or chosen.demand.max_model_len <= shorter:
        return None
    silent = serving.concurrency is None
    return _finding(
        "WARNING" if silent else "INFO",
        "typical-tokens-not-set",
        f"serving.typicalTokens is not set, so every request is counted at {chosen.demand.typical_tokens:,} tokens and "
        f"vLLM runs {seqs:,} at a time; with typicalTokens: {shorter} it would run {then:,}",
    )
