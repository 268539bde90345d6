"""Texts of /metrics as vLLM 0.32.0 writes them, as short as a test allows."""

from __future__ import annotations

from collections.abc import Mapping

from userdata.files.publisher.spec import Metric

RUNNING = Metric(name="RequestsRunning", series="vllm:num_requests_running", kind="gauge", unit="Count")
CACHE = Metric(name="KvCacheUsed", series="vllm:kv_cache_usage_perc", kind="gauge", unit="None", across="max")
TOKENS = Metric(name="GenerationTokens", series="vllm:generation_tokens_total", kind="counter", unit="Count")
FINISHED = Metric(name="FinishedRequests", series="vllm:request_success_total", kind="counter", unit="Count")
ERRORS = Metric(
    name="FinishedWithError",
    series="vllm:request_success_total",
    kind="counter",
    unit="Count",
    labels={"finished_reason": "error"},
)
LATENCY = Metric(name="TimeToFirstToken", series="vllm:time_to_first_token_seconds", kind="histogram", unit="Seconds")
METRICS = (RUNNING, CACHE, TOKENS, FINISHED, ERRORS, LATENCY)

KINDS = {
    "vllm:num_requests_running": "gauge",
    "vllm:num_requests_waiting": "gauge",
    "vllm:kv_cache_usage_perc": "gauge",
    "vllm:generation_tokens_total": "counter",
    "vllm:request_success_total": "counter",
    "vllm:time_to_first_token_seconds": "histogram",
    "process_start_time_seconds": "gauge",
}


def text(
    *,
    running: float = 0,
    waiting: float = 0,
    cache: float = 0,
    tokens: float = 0,
    finished: Mapping[str, float] | None = None,
    latencies: Mapping[str, float] | None = None,
    start: float = 1000,
) -> str:
    """``latencies``: the counts of the buckets by their bounds, each with what is below it."""
    engine = 'engine="0",model_name="m"'
    lines = [f"# HELP {name} Help.\n# TYPE {name} {kind}" for name, kind in KINDS.items()]
    lines += [
        f"process_start_time_seconds {start}",
        f"vllm:num_requests_running{{{engine}}} {running}",
        f"vllm:num_requests_waiting{{{engine}}} {waiting}",
        f"vllm:kv_cache_usage_perc{{{engine}}} {cache}",
        f"vllm:generation_tokens_total{{{engine}}} {tokens}",
    ]
    lines += [
        f'vllm:request_success_total{{engine="0",finished_reason="{reason}",model_name="m"}} {count}'
        for reason, count in (finished or {}).items()
    ]
    lines += [
        f'vllm:time_to_first_token_seconds_bucket{{engine="0",le="{bound}",model_name="m"}} {count}'
        for bound, count in (latencies or {}).items()
    ]
    return "\n".join(lines) + "\n"
