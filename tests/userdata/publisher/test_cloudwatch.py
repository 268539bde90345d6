"""What the publisher puts is what CloudWatch, as moto plays it, has afterwards: through sockets, signed and parsed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest

from monitoring.published import PUBLISHED, publisher_spec
from rehearsal.aws.environment import FAKE_KEY, REGION, aws_environment
from rehearsal.aws.server import EmulatedAws
from tests.userdata.aws_call.service import Answer, answering
from tests.userdata.publisher.series import text
from userdata.files.publisher.__main__ import make_loop
from userdata.files.publisher.loop import Loop

LATENCIES = {"0.001": 0, "0.005": 3, "0.01": 10, "0.02": 10, "+Inf": 12}


@pytest.fixture(scope="module")
def aws() -> Iterator[EmulatedAws]:
    with EmulatedAws() as aws:
        yield aws


def publisher(aws: EmulatedAws, *, run_dir: Path, vllm: str, stack: str) -> Loop:
    spec = run_dir / "metrics.json"
    spec.write_text(publisher_spec())
    return make_loop(
        aws_environment(endpoint=aws.endpoint)
        | {
            "STACK": stack,
            "RUN_DIR": str(run_dir),
            "METRICS_PORT_OPEN": "false",
            "PLANNED_CONCURRENCY": "8",
            "PUBLISHER_SPEC": str(spec),
            "VLLM_PORT": vllm.rpartition(":")[2],
        }
    )


def statistics(aws: EmulatedAws, name: str, *, stack: str) -> tuple[float, float, float, str]:
    """Sum, samples, maximum and unit, of everything."""
    client = boto3.client(
        "cloudwatch",
        endpoint_url=aws.endpoint,
        region_name=REGION,
        aws_access_key_id=FAKE_KEY,
        aws_secret_access_key=FAKE_KEY,
    )
    now = datetime.now(UTC)
    (point,) = client.get_metric_statistics(
        Namespace="vLLM",
        MetricName=name,
        Dimensions=[{"Name": "Stack", "Value": stack}],
        StartTime=now - timedelta(hours=12),
        EndTime=now + timedelta(hours=12),
        Period=86400,
        Statistics=["Sum", "SampleCount", "Maximum"],
    )["Datapoints"]
    return point["Sum"], point["SampleCount"], point["Maximum"], point["Unit"]


def test_a_minute_arrives_with_its_values_and_counts(aws: EmulatedAws, tmp_path: Path) -> None:
    said = text(running=3, cache=0.5, tokens=77, finished={"stop": 2, "error": 1}, latencies=LATENCIES)
    with answering(lambda _: Answer(body=said)) as vllm:
        loop = publisher(aws, run_dir=tmp_path, vllm=vllm, stack="one")
        loop.look(0)
        loop.put(0)
    assert statistics(aws, "RequestsRunning", stack="one") == (3, 1, 3, "Count")
    assert statistics(aws, "KvCacheUsed", stack="one") == (0.5, 1, 0.5, "None")
    assert statistics(aws, "GenerationTokens", stack="one") == (77, 1, 77, "Count")
    assert statistics(aws, "FinishedRequests", stack="one") == (3, 1, 3, "Count")
    assert statistics(aws, "FinishedWithError", stack="one") == (1, 1, 1, "Count")
    total, *rest = statistics(aws, "TimeToFirstToken", stack="one")
    assert total == pytest.approx(3 * 0.005 + 7 * 0.01 + 2 * 0.02)
    assert rest == [12, 0.02, "Seconds"]


def test_hosts_of_a_stack_add_up(aws: EmulatedAws, tmp_path: Path) -> None:
    for host, tokens in (("a", 5), ("b", 8)):
        run_dir = tmp_path / host
        run_dir.mkdir()
        said = text(running=tokens, tokens=tokens)
        with answering(lambda _, said=said: Answer(body=said)) as vllm:  # type: ignore[misc]
            loop = publisher(aws, run_dir=run_dir, vllm=vllm, stack="two")
            loop.look(0)
            loop.put(0)
    assert statistics(aws, "GenerationTokens", stack="two") == (13, 2, 8, "Count")
    assert statistics(aws, "RequestsRunning", stack="two") == (13, 2, 8, "Count")


def test_no_metric_is_put_that_the_table_does_not_know(aws: EmulatedAws, tmp_path: Path) -> None:
    with answering(lambda _: Answer(body=text(tokens=1))) as vllm:
        loop = publisher(aws, run_dir=tmp_path, vllm=vllm, stack="three")
        loop.hardware.look()
        loop.look(0)
        loop.put(0)
    client = boto3.client(
        "cloudwatch",
        endpoint_url=aws.endpoint,
        region_name=REGION,
        aws_access_key_id=FAKE_KEY,
        aws_secret_access_key=FAKE_KEY,
    )
    pages = client.get_paginator("list_metrics").paginate(
        Namespace="vLLM", Dimensions=[{"Name": "Stack", "Value": "three"}]
    )
    names = {metric["MetricName"] for page in pages for metric in page["Metrics"]}
    assert names
    assert names <= {each.name for each in PUBLISHED}
