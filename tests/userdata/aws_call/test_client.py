"""A call is sent again where that is safe, and its end says whether AWS may have done it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from tests.userdata.aws_call.service import CLOSED, Answer, Asked, answering
from userdata.files.aws_call.client import CLOUDWATCH, LOGS, Client, endpoint_of, make_client
from userdata.files.aws_call.errors import NotSentError, RefusedError, UnansweredError
from userdata.files.aws_call.sign import Credentials

NOW = datetime(2026, 11, 24, 15, 0, 0, tzinfo=UTC)
OK = Answer(body='{"found": 1}')
LOST = Answer(status=CLOSED)
NOWHERE = "http://127.0.0.1:9"


def refusal(code: str, status: int = 400, **headers: str) -> Answer:
    return Answer(status=status, body=json.dumps({"__type": code, "message": "no"}), headers=headers)


@dataclass(kw_only=True)
class CountedKeys:
    forgotten: int = 0

    def get(self) -> Credentials:
        return Credentials(key_id=f"key{self.forgotten}", secret="secret")

    def forget(self) -> None:
        self.forgotten += 1


@dataclass(kw_only=True)
class Desk:
    """A client, what it sent, and how long it paused."""

    client: Client
    asked: list[Asked] = field(default_factory=list)
    paused_s: list[float] = field(default_factory=list)


@contextmanager
def desk(answers: Sequence[Answer]) -> Iterator[Desk]:
    rest = iter(answers)

    def answer(asked: Asked) -> Answer:
        made.asked.append(asked)
        return next(rest)

    with answering(answer) as address:
        client = Client(
            service=LOGS, region="eu-central-1", endpoint=address, keys=CountedKeys(), timeout_s=10, wall=lambda: NOW
        )
        made = Desk(client=client)
        client.pause = made.paused_s.append
        yield made


def test_a_call_is_a_signed_post_of_json() -> None:
    with desk([OK]) as made:
        assert made.client.call("PutLogEvents", {"logGroupName": "g"}, again=False) == {"found": 1}
    (asked,) = made.asked
    assert (asked.method, asked.path, json.loads(asked.body)) == ("POST", "/", {"logGroupName": "g"})
    assert asked.headers["x-amz-target"] == "Logs_20140328.PutLogEvents"
    assert asked.headers["content-type"] == "application/x-amz-json-1.1"
    assert asked.headers["x-amz-date"] == "20261124T150000Z"
    assert asked.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=key0/20261124/eu-central-1/logs/")


@pytest.mark.parametrize(
    "trouble",
    [
        refusal("ThrottlingException"),
        refusal("com.amazonaws.logs#ThrottlingException"),
        refusal("InternalFailure", status=500),
        Answer(status=503, body="<html>busy</html>"),
    ],
)
def test_trouble_that_passes_is_waited_for(trouble: Answer) -> None:
    with desk([trouble, trouble, OK]) as made:
        assert made.client.call("PutLogEvents", {}, again=False) == {"found": 1}
    assert len(made.paused_s) == 2


def test_trouble_that_stays_is_told_with_its_name() -> None:
    with desk([refusal("ThrottlingException")] * 4) as made, pytest.raises(RefusedError, match="Throttl") as caught:
        made.client.call("PutLogEvents", {}, again=False)
    assert len(made.asked) == made.client.attempts
    assert caught.value.is_temporary


def test_a_refusal_for_good_is_not_repeated() -> None:
    with desk([refusal("AccessDeniedException")]) as made, pytest.raises(RefusedError) as caught:
        made.client.call("PutLogEvents", {}, again=True)
    assert (caught.value.code, caught.value.status, caught.value.is_temporary) == ("AccessDeniedException", 400, False)


@pytest.mark.parametrize("lost", [LOST, Answer(status=504), Answer(status=502)])
def test_what_aws_may_have_done_is_not_sent_again(lost: Answer) -> None:
    with desk([lost]) as made, pytest.raises(UnansweredError):
        made.client.call("PutMetricData", {}, again=False)
    assert len(made.asked) == 1


def test_what_may_be_done_twice_is_sent_again() -> None:
    with desk([LOST, OK]) as made:
        assert made.client.call("CreateLogStream", {}, again=True) == {"found": 1}


def test_what_did_not_arrive_is_sent_again_and_said_to_be_safe() -> None:
    with desk([]) as made:
        made.client.endpoint = NOWHERE
        with pytest.raises(NotSentError, match="no connection to http://127"):
            made.client.call("PutMetricData", {}, again=False)
    assert len(made.paused_s) == made.client.attempts - 1


def test_old_keys_are_renewed() -> None:
    with desk([refusal("ExpiredTokenException"), OK]) as made:
        made.client.call("PutLogEvents", {}, again=False)
    assert ["key0" in made.asked[0].headers["authorization"], "key1" in made.asked[1].headers["authorization"]] == [
        True,
        True,
    ]


def test_a_clock_that_is_wrong_is_corrected_by_what_aws_says() -> None:
    late = refusal("InvalidSignatureException", Date="Tue, 24 Nov 2026 16:30:00 GMT")
    with desk([late, OK]) as made:
        made.client.call("PutLogEvents", {}, again=False)
    assert [asked.headers["x-amz-date"] for asked in made.asked] == ["20261124T150000Z", "20261124T163000Z"]
    assert made.client.now() == datetime(2026, 11, 24, 16, 30, tzinfo=UTC)


@pytest.mark.parametrize("date", ["", "yesterday", "Tue, 24 Nov 2026 16:30:00 -0000"])
def test_a_date_that_says_nothing_changes_nothing(date: str) -> None:
    with desk([refusal("InvalidSignatureException", Date=date), OK]) as made:
        made.client.call("PutLogEvents", {}, again=False)
    assert made.client.now() == NOW


def test_a_host_calls_its_own_region() -> None:
    client = make_client(CLOUDWATCH, {"AWS_REGION": "eu-central-1"})
    assert client.endpoint == "https://monitoring.eu-central-1.amazonaws.com"
    assert endpoint_of(LOGS, "cn-north-1") == "https://logs.cn-north-1.amazonaws.com.cn"
    rehearsed = make_client(CLOUDWATCH, {"AWS_REGION": "eu-central-1", "AWS_ENDPOINT_URL": "http://127.0.0.1:4566/"})
    assert rehearsed.endpoint == "http://127.0.0.1:4566"
