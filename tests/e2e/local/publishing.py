"""The real publisher beside the stack, as on a host, and what CloudWatch and Prometheus make of the same requests."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from monitoring.published import PUBLISHED, publisher_spec
from rehearsal.aws.server import EmulatedAws
from rehearsal.host.relay import Port, relay
from tests.e2e.local.asked import json_of
from tests.e2e.local.stand import ROOT

SHARE = 0.95
VLLM_PORT = 18000
METRICS_PORT = 9400
END_S = 60.0
PERIOD_S = 86400


@dataclass(frozen=True, kw_only=True)
class Percentile:
    """Seconds below which ``SHARE`` of the requests were, each system's answer to the same ones."""

    cloudwatch: float
    prometheus: float


@contextmanager
def publisher(*, stack: str, vllm: str, folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """While the block lasts; at its end it puts what it has seen since the last minute. ``vllm``: its address;
    ``folder``: is made."""
    folder.mkdir()
    spec, log = folder / "metrics.json", folder / "log"
    spec.write_text(publisher_spec())
    told = {
        "STACK": stack,
        "RUN_DIR": str(folder),
        "CACHE_DIR": str(folder),
        "PUBLISHER_SPEC": str(spec),
        "VLLM_PORT": str(VLLM_PORT),
        "METRICS_PORT": str(METRICS_PORT),
        "METRICS_PORT_OPEN": "false",
        "PLANNED_CONCURRENCY": "4",
    }
    with relay(listen=Port(number=VLLM_PORT), connect=Port(host=vllm, number=8000)), log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "userdata.files.publisher"],
            cwd=ROOT,
            env={**environment, **told},
            stdout=output,
            stderr=output,
        )
        try:
            yield
            process.send_signal(signal.SIGTERM)
            assert process.wait(END_S) == 0, log.read_text()
        finally:
            process.kill()
            process.wait()


def percentiles(aws: EmulatedAws, *, stack: str, prometheus: str, job: str) -> dict[str, Percentile]:
    """By CloudWatch's name of each histogram that hosts publish; over all requests since vLLM started.

    ``prometheus``: its URL. LookupError when one of the two has no answer.
    """
    found = {}
    for name, series in _histograms().items():
        promql = f'histogram_quantile({SHARE}, sum by (le) ({series}_bucket{{job="{job}"}}))'
        (answer,) = json_of(f"{prometheus}/api/v1/query", query=promql)["data"]["result"]
        found[name] = Percentile(
            cloudwatch=_of_cloudwatch(aws, name, stack=stack), prometheus=float(answer["value"][1])
        )
    return found


def _histograms() -> dict[str, str]:
    return {each.name: each.series.name for each in PUBLISHED if each.series.kind == "histogram"}


def _of_cloudwatch(aws: EmulatedAws, name: str, *, stack: str) -> float:
    now = datetime.now(UTC)
    answer = aws.client("cloudwatch").get_metric_statistics(
        Namespace="vLLM",
        MetricName=name,
        Dimensions=[{"Name": "Stack", "Value": stack}],
        StartTime=now - timedelta(seconds=PERIOD_S / 2),
        EndTime=now + timedelta(seconds=PERIOD_S / 2),
        Period=PERIOD_S,
        ExtendedStatistics=["p95"],
    )
    (point,) = answer["Datapoints"]
    return float(point["ExtendedStatistics"]["p95"])
