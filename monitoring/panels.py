"""The one list of panels, in the order in which an operator asks; CloudWatch and Grafana draw the same.

A panel shows in each system the lines that the system has; ``only_aws`` and ``only_prometheus`` say why one has none.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from monitoring.lines import Aws, Hosts, Line, Scrape, Spent, View, published_as
from monitoring.table.metrics import (
    BOOT_LOOP,
    CERTIFICATE_DAYS,
    DESIRED,
    ELB_5XX,
    HEALTHY_HOSTS,
    IN_SERVICE,
    PENDING,
    REPORTING_HOSTS,
    REQUESTS,
    RESPONSE_TIME,
    TARGET_5XX,
    TOTAL,
    UNHEALTHY_HOSTS,
)

Unit = Literal["count", "per minute", "per second", "seconds", "ratio", "load", "celsius", "days", "usd"]


@dataclass(frozen=True, kw_only=True)
class Panel:
    title: str
    unit: Unit
    lines: Sequence[Line]
    only_aws: str = ""
    only_prometheus: str = ""


@dataclass(frozen=True, kw_only=True)
class Section:
    """A question, and the panels that answer it."""

    question: str
    panels: Sequence[Panel]


def _hosts(name: str, views: Mapping[View, str]) -> list[Line]:
    """One line per view of the metric that hosts publish under this name in CloudWatch."""
    return [Hosts(label=label, metric=published_as(name), view=view) for view, label in views.items()]


def _percentiles(name: str, what: str) -> list[Line]:
    return _hosts(name, {"p50": f"{what}, p50", "p95": f"{what}, p95", "p99": f"{what}, p99"})


_UP = Section(
    question="Is it up?",
    panels=(
        Panel(
            title="Hosts that serve",
            unit="count",
            lines=(
                Aws(label="healthy at the load balancer", metric=HEALTHY_HOSTS),
                Aws(label="unhealthy", metric=UNHEALTHY_HOSTS),
                *_hosts("VllmUp", {"total": "vLLM answers"}),
            ),
        ),
        Panel(
            title="Hosts that run",
            unit="count",
            lines=(
                Aws(label="wanted", metric=DESIRED),
                Aws(label="there", metric=TOTAL),
                Aws(label="in service", metric=IN_SERVICE),
                Aws(label="booting", metric=PENDING),
                Aws(label="report", metric=REPORTING_HOSTS),
                Scrape(label="scraped", promql="sum(up{hosts})"),
                Scrape(label="scraping fails", promql="sum(1 - up{hosts})"),
            ),
        ),
        Panel(
            title="Requests",
            unit="per minute",
            lines=(
                Aws(label="at the load balancer", metric=REQUESTS),
                *_hosts("FinishedRequests", {"per_minute": "answered by vLLM"}),
            ),
        ),
        Panel(
            title="Requests that failed",
            unit="per minute",
            lines=(
                Aws(label="5xx by hosts", metric=TARGET_5XX),
                Aws(label="5xx by the load balancer", metric=ELB_5XX),
                *_hosts("Rejections", {"per_minute": "refused: the queue is full"}),
                *_hosts("FinishedWithError", {"per_minute": "ended by an error of the engine"}),
                *_hosts("RequestsCut", {"per_minute": "cut off when a host left"}),
            ),
        ),
        Panel(
            title="Certificate",
            unit="days",
            lines=(Aws(label="days left", metric=CERTIFICATE_DAYS),),
            only_aws="Certificate Manager keeps it, hosts never see it",
        ),
    ),
)
_SLOW = Section(
    question="Is it slow?",
    panels=(
        Panel(title="Time to the first token", unit="seconds", lines=_percentiles("TimeToFirstToken", "in vLLM")),
        Panel(title="Time between tokens", unit="seconds", lines=_percentiles("InterTokenLatency", "in vLLM")),
        Panel(
            title="Whole request",
            unit="seconds",
            lines=(
                *_percentiles("RequestLatency", "in vLLM"),
                Aws(label="not streamed, at the load balancer, p95", metric=RESPONSE_TIME),
            ),
        ),
        Panel(title="Wait in the queue", unit="seconds", lines=_percentiles("QueueTime", "in vLLM")),
    ),
)
_FULL = Section(
    question="Is it full?",
    panels=(
        Panel(
            title="Requests that run",
            unit="count",
            lines=_hosts(
                "RequestsRunning", {"total": "all hosts", "worst": "busiest host", "least": "least busy host"}
            ),
        ),
        Panel(
            title="Requests that wait",
            unit="count",
            lines=_hosts("RequestsWaiting", {"total": "all hosts", "worst": "longest queue"}),
        ),
        Panel(
            title="Load of a replica",
            unit="load",
            lines=_hosts("Load", {"mean": "average host", "worst": "busiest host"}),
        ),
        Panel(
            title="KV cache",
            unit="ratio",
            lines=(
                *_hosts("KvCacheUsed", {"worst": "fullest host", "mean": "average host"}),
                *_hosts("CacheFullWhileWaiting", {"worst": "1: full while requests wait"}),
            ),
        ),
        Panel(
            title="Requests put back for want of cache",
            unit="per minute",
            lines=_hosts("Preemptions", {"per_minute": "preemptions"}),
        ),
    ),
)
_WHY = Section(
    question="Why?",
    panels=(
        Panel(
            title="Tokens",
            unit="per second",
            lines=(
                *_hosts("PromptTokens", {"per_second": "read"}),
                *_hosts("GenerationTokens", {"per_second": "written"}),
            ),
        ),
        Panel(
            title="Requests run, no token comes",
            unit="seconds",
            lines=_hosts("StalledSeconds", {"worst": "longest standstill"}),
        ),
        Panel(
            title="GPU temperature",
            unit="celsius",
            lines=_hosts("GpuTemperature", {"worst": "hottest", "mean": "average"}),
        ),
        Panel(
            title="Memory and disks in use",
            unit="ratio",
            lines=(
                *_hosts("GpuMemoryUsed", {"worst": "GPU memory"}),
                *_hosts("MemoryUsed", {"worst": "host memory"}),
                *_hosts("CacheDiskUsed", {"worst": "cache disk"}),
                *_hosts("RootDiskUsed", {"worst": "root disk"}),
            ),
        ),
        Panel(
            title="Faults",
            unit="per minute",
            lines=(
                *_hosts("GpuXid", {"per_minute": "Xid errors of GPUs"}),
                *_hosts("Restarts", {"per_minute": "restarts of vLLM"}),
            ),
        ),
        Panel(
            title="Hosts lost",
            unit="per minute",
            lines=(
                *_hosts("StalledHosts", {"per_minute": "replaced: vLLM stood still"}),
                *_hosts("SpotInterruptions", {"per_minute": "taken back by AWS"}),
                *_hosts("RebalanceRecommendations", {"per_minute": "soon taken back"}),
            ),
        ),
        Panel(
            title="Boot",
            unit="seconds",
            lines=_hosts("BootSeconds", {"worst": "slowest", "mean": "average"}),
        ),
        Panel(
            title="Launches are stopped",
            unit="count",
            lines=(Aws(label="1: stopped after three boots that failed", metric=BOOT_LOOP),),
            only_aws="it is the state of the group, which a host that gave up its boot cannot serve",
        ),
    ),
)
_COST = Section(
    question="What does it cost?",
    panels=(
        Panel(title="Price of an hour", unit="usd", lines=(Spent(label="on demand", per="hour"),)),
        Panel(
            title="Price of a million tokens written",
            unit="usd",
            lines=(Spent(label="on demand", per="million_answer_tokens"),),
        ),
    ),
)

SECTIONS: Sequence[Section] = (_UP, _SLOW, _FULL, _WHY, _COST)
PANELS: Sequence[Panel] = tuple(panel for section in SECTIONS for panel in section.panels)
