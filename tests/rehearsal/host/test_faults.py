"""What is asked to be wrong is wrong so often, and no more; what is downloaded is counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from rehearsal.aws.environment import FAKE_KEY
from rehearsal.aws.server import EmulatedAws
from rehearsal.host.aws_door import AwsDoor
from rehearsal.host.faults import Faults, Meter, Refusal, busy_hub, flaky_registry, refused_tokens
from rehearsal.host.imds import TOKEN_PATH
from rehearsal.host.relay import Port, relay
from rehearsal.host.web import Answer, Request, serve
from tests.rehearsal.host.sockets import short_folder


def request(path: str, *, method: str = "GET") -> Request:
    return Request(method=method, path=path, query={}, headers={})


def well(_request: Request) -> Answer:
    return Answer(body="12345")


def test_the_first_pulls_fail_at_the_manifest() -> None:
    registry = flaky_registry(well, Faults(registry_errors=2))
    assert [registry(request("/v2/a/manifests/b")).status for _ in range(3)] == [503, 503, 200]
    assert flaky_registry(well, Faults(registry_errors=2))(request("/v2/a/blobs/b")).status == 200


def test_a_busy_hub_says_when_to_come_again() -> None:
    hub = busy_hub(well, Faults(hub_busy=1, hub_retry_after_s=7))
    first = hub(request("/api/models/a/b"))
    assert (first.status, first.headers["Retry-After"]) == (429, "7")
    assert hub(request("/api/models/a/b")).status == 200


def test_tokens_are_refused_and_nothing_else() -> None:
    metadata = refused_tokens(well, Faults(token_refusals=1))
    assert metadata(request("/latest/meta-data/instance-id")).status == 200
    assert [metadata(request(TOKEN_PATH, method="PUT")).status for _ in range(2)] == [403, 200]


def test_a_meter_counts_what_get_brought() -> None:
    meter = Meter(respond=well)
    for method in ("GET", "HEAD", "GET"):
        meter(request("/x", method=method))
    assert (meter.bytes, meter.requests) == (10, 3)
    refused = Meter(respond=lambda _: Answer(status=429, body="no"))
    refused(request("/x"))
    assert (refused.bytes, refused.refused) == (0, 1)


@pytest.fixture
def door(emulated: EmulatedAws) -> Iterator[tuple[AwsDoor, str]]:
    refusals = (
        Refusal(action="DescribeVolumes", code="RequestLimitExceeded", times=1),
        Refusal(action="DescribeAutoScalingGroups", code="Throttling", times=1),
        Refusal(action="GetSecretValue", code="AccessDeniedException"),
    )
    door = AwsDoor(endpoint=emulated.endpoint, refusals=refusals)
    with (
        short_folder() as folder,
        serve(respond=door.respond, socket=folder / "s"),
        relay(listen=Port(), connect=folder / "s") as port,
    ):
        yield door, f"http://127.0.0.1:{port}"


@pytest.fixture
def emulated() -> Iterator[EmulatedAws]:
    with EmulatedAws() as aws:
        yield aws


def client(service: Any, endpoint: str) -> Any:
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id=FAKE_KEY,
        aws_secret_access_key=FAKE_KEY,
        config=Config(retries={"total_max_attempts": 1, "mode": "standard"}),
    )


@pytest.mark.parametrize(
    ("service", "call", "code"),
    [
        ("ec2", "describe_volumes", "RequestLimitExceeded"),
        ("autoscaling", "describe_auto_scaling_groups", "Throttling"),
    ],
)
def test_a_call_is_throttled_once_in_words_that_the_sdk_reads(
    door: tuple[AwsDoor, str], service: str, call: str, code: str
) -> None:
    method = getattr(client(service, door[1]), call)
    with pytest.raises(ClientError) as caught:
        method()
    assert caught.value.response["Error"]["Code"] == code
    method()
    assert sum(door[0].refused.values()) == 1


def test_what_a_role_may_not_it_never_may(door: tuple[AwsDoor, str]) -> None:
    secrets = client("secretsmanager", door[1])
    for _ in range(2):
        with pytest.raises(ClientError, match="AccessDeniedException"):
            secrets.get_secret_value(SecretId="x")


def test_objects_pass_through_the_door(door: tuple[AwsDoor, str], emulated: EmulatedAws) -> None:
    emulated.client("s3").create_bucket(Bucket="scripts")
    emulated.client("s3").put_object(Bucket="scripts", Key="a/b c", Body=json.dumps([1]))
    s3 = client("s3", door[1])
    assert s3.head_object(Bucket="scripts", Key="a/b c")["ContentLength"] == 3
    assert s3.get_object(Bucket="scripts", Key="a/b c")["Body"].read() == b"[1]"
