"""What hosts publish: each metric once, as Prometheus and as CloudWatch call it.

Names of vLLM are those of the pinned version (``monitoring/data/vllm_metrics.json`` holds them, tests compare).
Series that begin with ``vllm_host_`` are the host's own. In CloudWatch all are in the namespace ``vLLM`` with the one
dimension ``Stack``: each host adds its values to the same metric, so ``Sum`` is the stack, ``Maximum`` the worst host.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["gauge", "counter", "histogram"]
Across = Literal["sum", "max"]

HOST_PREFIX = "vllm_host_"


@dataclass(frozen=True, kw_only=True)
class Series:
    """What Prometheus calls it. ``name``: as on the wire, a counter's with ``_total``, a histogram's without
    ``_bucket``.

    ``labels`` select among the series of that name by exact values; ``across`` is how those of one host (engines, GPUs)
    become one value.
    """

    name: str
    kind: Kind
    labels: Mapping[str, str] = field(default_factory=dict)
    across: Across = "sum"


@dataclass(frozen=True, kw_only=True)
class Published:
    """What CloudWatch calls it. ``unit`` is one of CloudWatch's; ratios are from 0 to 1 and have ``None``.

    A counter reaches CloudWatch as what it grew by in a minute, a histogram as values with their counts.
    """

    name: str
    series: Series
    unit: str


def _gauge(name: str, series: str, *, unit: str = "Count", across: Across = "sum") -> Published:
    return Published(name=name, series=Series(name=series, kind="gauge", across=across), unit=unit)


def _counter(name: str, series: str, labels: Mapping[str, str] | None = None) -> Published:
    return Published(name=name, series=Series(name=series, kind="counter", labels=labels or {}), unit="Count")


def _seconds(name: str, series: str) -> Published:
    return Published(name=name, series=Series(name=series, kind="histogram"), unit="Seconds")


def _event(name: str) -> Published:
    return _counter(name, "vllm_host_events_total", {"event": name})


PUBLISHED: tuple[Published, ...] = (
    _gauge("RequestsRunning", "vllm:num_requests_running"),
    _gauge("RequestsWaiting", "vllm:num_requests_waiting"),
    _gauge("KvCacheUsed", "vllm:kv_cache_usage_perc", unit="None", across="max"),
    _counter("Preemptions", "vllm:num_preemptions_total"),
    _counter("PromptTokens", "vllm:prompt_tokens_total"),
    _counter("GenerationTokens", "vllm:generation_tokens_total"),
    _counter("FinishedRequests", "vllm:request_success_total"),
    _counter("FinishedWithError", "vllm:request_success_total", {"finished_reason": "error"}),
    # Answered with 503 because the queue is full (--max-num-queued-reqs, --max-num-queued-tokens).
    _counter("Rejections", "vllm:admission_rejections_total"),
    _seconds("TimeToFirstToken", "vllm:time_to_first_token_seconds"),
    _seconds("InterTokenLatency", "vllm:inter_token_latency_seconds"),
    _seconds("RequestLatency", "vllm:e2e_request_latency_seconds"),
    _seconds("QueueTime", "vllm:request_queue_time_seconds"),
    _gauge("CacheFullWhileWaiting", "vllm_host_cache_full_while_waiting"),
    # Running and waiting requests against what the plan has at once on such a machine; only of a host in rotation.
    _gauge("Load", "vllm_host_load_ratio", unit="None", across="max"),
    _gauge("StalledSeconds", "vllm_host_stalled_seconds", unit="Seconds"),
    _gauge("VllmUp", "vllm_host_vllm_up"),
    _gauge("GpuTemperature", "vllm_host_gpu_temperature_celsius", unit="None", across="max"),
    _gauge("GpuMemoryUsed", "vllm_host_gpu_memory_used_ratio", unit="None", across="max"),
    _counter("GpuXid", "vllm_host_gpu_xid_errors_total"),
    _gauge("CacheDiskUsed", "vllm_host_cache_disk_used_ratio", unit="None"),
    _gauge("RootDiskUsed", "vllm_host_root_disk_used_ratio", unit="None"),
    _gauge("MemoryUsed", "vllm_host_memory_used_ratio", unit="None"),
    _counter("Restarts", "vllm_host_vllm_restarts_total"),
)
"""What ``vllm-publisher`` puts every minute."""

TOLD: tuple[Published, ...] = (
    Published(name="BootSeconds", series=Series(name="vllm_host_boot_seconds", kind="gauge"), unit="Seconds"),
    _event("RequestsCut"),
    _event("SpotInterruptions"),
    _event("StalledHosts"),
    _event("RebalanceRecommendations"),
)
"""What the host's scripts put at once when it happens (a host that ends may not see another minute). The publisher
serves them to Prometheus and never puts them a second time."""

MADE_OF: Mapping[str, tuple[str, ...]] = {
    "vllm_host_cache_full_while_waiting": ("vllm:kv_cache_usage_perc", "vllm:num_requests_waiting"),
    "vllm_host_load_ratio": ("vllm:num_requests_running", "vllm:num_requests_waiting"),
    "vllm_host_stalled_seconds": (
        "vllm:num_requests_running",
        "vllm:prompt_tokens_total",
        "vllm:generation_tokens_total",
    ),
}
"""Series of vLLM without which the publisher cannot make one of the host's."""

_BY_NAME: Mapping[str, Published] = {each.name: each for each in (*PUBLISHED, *TOLD)}


def published(name: str) -> Published | None:
    """By CloudWatch's name; None for what hosts do not publish in both forms."""
    return _BY_NAME.get(name)


def publisher_spec() -> str:
    """What the host's publisher reads: a JSON list, one metric a line, of what it puts."""
    rows = [
        json.dumps(
            {
                "name": each.name,
                "series": each.series.name,
                "kind": each.series.kind,
                "labels": dict(each.series.labels),
                "across": each.series.across,
                "unit": each.unit,
            }
        )
        for each in PUBLISHED
    ]
    return "[\n" + ",\n".join(rows) + "\n]\n"
