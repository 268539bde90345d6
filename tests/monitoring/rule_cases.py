"""For each rule: series with which it must ring, and series with which it must not. Thresholds follow ``FACTS``.

Series are in promtool's notation, a value a minute: ``0+5x60`` grows by 5, ``_`` is no sample. Each test adds the job.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LONG = 60  # minutes: longer than any condition lasts


@dataclass(frozen=True, kw_only=True)
class Case:
    """``minute``: when it is looked at, from the first sample."""

    id: str
    minute: int
    fires: Mapping[str, str]
    quiet: Mapping[str, str]


def hosts(name: str, **values: float) -> Mapping[str, str]:
    """A gauge that stays as it is, by host."""
    return {f'{name}{{instance="{host}"}}': f"{value:g}x{LONG}" for host, value in values.items()}


def grows(name: str, labels: str, per_minute: int) -> Mapping[str, str]:
    return {f'{name}{{instance="a",{labels}}}': f"0+{per_minute}x{LONG}"}


def buckets(name: str, **per_minute: int) -> Mapping[str, str]:
    """A histogram; ``le_2_5=9``: nine a minute at or below 2.5."""
    bounds = {bound.removeprefix("le_").replace("_", "."): value for bound, value in per_minute.items()}
    named = {bound if bound == "inf" else f"{float(bound)}": value for bound, value in bounds.items()}
    return {
        f'{name}_bucket{{instance="a",le="{"+Inf" if bound == "inf" else bound}"}}': f"0+{value}x{LONG}"
        for bound, value in named.items()
    }


def gauge(id: str, name: str, *, minute: int, fires: float, quiet: float) -> Case:
    """One host of two is at ``fires``, or both are at ``quiet``."""
    return Case(id=id, minute=minute, fires=hosts(name, a=fires, b=quiet), quiet=hosts(name, a=quiet, b=quiet))


def event(id: str, name: str) -> Case:
    """It happened a moment ago; or it happened long ago, and something else a moment ago."""
    series = f'vllm_host_events_total{{instance="a",event="{name}"}}'
    other = 'vllm_host_events_total{instance="a",event="RebalanceRecommendations"}'
    return Case(id=id, minute=8, fires={series: "0x5 1x20"}, quiet={series: "3x30", other: "0x5 1x20"})


UP = "vllm_host_vllm_up"
NOBODY = {'unrelated{instance="a"}': f"1x{LONG}"}
E2E = "vllm:e2e_request_latency_seconds"
FIRST = "vllm:time_to_first_token_seconds"
BETWEEN = "vllm:inter_token_latency_seconds"

CASES: Sequence[Case] = (
    Case(id="service-down", minute=4, fires=hosts(UP, a=0, b=0), quiet=hosts(UP, a=0, b=1)),
    Case(id="no-healthy-host", minute=4, fires=hosts(UP, a=0, b=0), quiet=hosts(UP, a=0, b=1)),
    Case(
        id="all-stalled",
        minute=0,
        fires=hosts("vllm_host_stalled_seconds", a=400, b=91),
        quiet=hosts("vllm_host_stalled_seconds", a=400, b=90),
    ),
    Case(id="missing-replicas", minute=37, fires=hosts(UP, a=1), quiet=hosts(UP, a=1, b=1)),
    Case(id="vllm-down", minute=4, fires=hosts(UP, a=1, b=0), quiet=hosts(UP, a=1, b=1)),
    gauge("stalled-tokens", "vllm_host_stalled_seconds", minute=0, fires=91, quiet=90),
    Case(id="metrics-missing", minute=14, fires=hosts("up", a=1, b=0), quiet=hosts("up", a=1, b=1)),
    Case(
        id="server-errors",
        minute=12,
        fires=grows("http_requests_total", 'status="5xx"', 3),
        quiet={**grows("http_requests_total", 'status="5xx"', 1), **grows("http_requests_total", 'status="2xx"', 99)},
    ),
    Case(
        id="rejections",
        minute=12,
        fires=grows("vllm:admission_rejections_total", 'reason="max_num_queued_reqs"', 3),
        quiet=grows("vllm:admission_rejections_total", 'reason="max_num_queued_reqs"', 1),
    ),
    Case(
        id="error-finishes",
        minute=6,
        fires=grows("vllm:request_success_total", 'finished_reason="error"', 2),
        quiet={
            **grows("vllm:request_success_total", 'finished_reason="error"', 0),
            **grows("vllm:request_success_total", 'finished_reason="stop"', 99),
        },
    ),
    # One in twenty above 120 s, 5 s and 0.4 s; or exactly so many at or below.
    Case(
        id="slow-responses",
        minute=17,
        fires=buckets(E2E, le_120=90, le_240=100, le_inf=100),
        quiet=buckets(E2E, le_120=95, le_240=100, le_inf=100),
    ),
    Case(
        id="slow-first-token",
        minute=17,
        fires=buckets(FIRST, le_5=94, le_7_5=100, le_inf=100),
        quiet=buckets(FIRST, le_2_5=90, le_5=95, le_7_5=100, le_inf=100),
    ),
    Case(
        id="slow-tokens",
        minute=17,
        fires=buckets(BETWEEN, le_0_4=94, le_0_5=100, le_inf=100),
        quiet=buckets(BETWEEN, le_0_3=90, le_0_4=95, le_0_5=100, le_inf=100),
    ),
    gauge("requests-waiting", "vllm:num_requests_waiting", minute=4, fires=9, quiet=8),
    Case(
        id="running-at-ceiling",
        minute=14,
        fires=hosts("vllm:num_requests_running", a=17, b=17),
        quiet=hosts("vllm:num_requests_running", a=17, b=16),
    ),
    gauge("kv-cache-full", "vllm_host_cache_full_while_waiting", minute=9, fires=1, quiet=0),
    Case(
        id="preemptions",
        minute=12,
        fires=grows("vllm:num_preemptions_total", 'engine="0"', 2),
        quiet=grows("vllm:num_preemptions_total", 'engine="0"', 1),
    ),
    Case(
        id="gpu-xid",
        minute=8,
        fires={'vllm_host_gpu_xid_errors_total{instance="a"}': "0x5 1x20"},
        quiet={'vllm_host_gpu_xid_errors_total{instance="a"}': "2x30"},
    ),
    Case(
        id="gpu-temperature",
        minute=9,
        fires={
            'vllm_host_gpu_temperature_celsius{instance="a",gpu="0"}': f"60x{LONG}",
            'vllm_host_gpu_temperature_celsius{instance="a",gpu="1"}': f"86x{LONG}",
        },
        quiet={
            'vllm_host_gpu_temperature_celsius{instance="a",gpu="0"}': f"85x{LONG}",
            'vllm_host_gpu_temperature_celsius{instance="a",gpu="1"}': f"85x{LONG}",
        },
    ),
    gauge("gpu-memory", "vllm_host_gpu_memory_used_ratio", minute=9, fires=0.96, quiet=0.94),
    gauge("cache-disk", "vllm_host_cache_disk_used_ratio", minute=9, fires=0.91, quiet=0.89),
    gauge("root-disk", "vllm_host_root_disk_used_ratio", minute=9, fires=0.91, quiet=0.89),
    gauge("host-memory", "vllm_host_memory_used_ratio", minute=9, fires=0.96, quiet=0.94),
    Case(
        id="vllm-restarts",
        minute=50,
        fires={'vllm_host_vllm_restarts_total{instance="a"}': "0x9 1x9 2x9 3x30"},
        quiet={'vllm_host_vllm_restarts_total{instance="a"}': "0x9 1x9 2x40"},
    ),
    Case(
        id="slow-boot",
        minute=5,
        fires={'vllm_host_boot_seconds{instance="a"}': "_x3 964x30", 'vllm_host_boot_seconds{instance="b"}': "600x30"},
        quiet={'vllm_host_boot_seconds{instance="a"}': "_x3 963x30", 'vllm_host_boot_seconds{instance="b"}': "2000x30"},
    ),
    event("host-replaced", "StalledHosts"),
    event("spot-interruption", "SpotInterruptions"),
    event("requests-cut", "RequestsCut"),
)

MOVING: Sequence[Case] = (
    Case(id="service-down", minute=4, fires=hosts(UP, a=0), quiet=NOBODY),
    Case(id="no-healthy-host", minute=4, fires=hosts(UP, a=0, b=0), quiet=NOBODY),
    Case(id="no-healthy-host", minute=40, fires=hosts(UP, a=0), quiet=hosts("up", a=1)),
    Case(
        id="missing-replicas",
        minute=37,
        fires={**hosts("up", a=1, b=1), **hosts(UP, a=1)},
        quiet={**hosts("up", a=1, b=1), **hosts(UP, a=1, b=1)},
    ),
    Case(
        id="missing-replicas",
        minute=50,
        fires=hosts("up", a=1),
        # One after the other boots: none of them for too long.
        quiet={
            'up{instance="a"}': "1x60",
            f'{UP}{{instance="a"}}': "_x20 1x40",
            'up{instance="b"}': "_x20 1x40",
            f'{UP}{{instance="b"}}': "_x40 1x20",
        },
    ),
    Case(id="missing-replicas", minute=50, fires=hosts("up", a=0), quiet=NOBODY),
    Case(id="metrics-missing", minute=14, fires=hosts("up", a=1, b=0), quiet=hosts("up", a=1, b=1)),
    Case(id="metrics-missing", minute=30, fires=hosts("up", a=0), quiet=NOBODY),
)
"""Of a stack whose least number of replicas is 0 or changes by the hour."""
