"""What AWS does not take now is kept with its time; what it may have taken is never sent again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from userdata.files.aws_call.errors import CallError, NotSentError, RefusedError, UnansweredError
from userdata.files.publisher.outbox import AT_ONCE, KEPT, Outbox

NOW = datetime(2026, 11, 24, 15, 0, 0, tzinfo=UTC)
THROTTLED = RefusedError(code="ThrottlingException", message="slow", status=400)
FORBIDDEN = RefusedError(code="AccessDenied", message="no", status=403)
BUSY = RefusedError(code="InternalServiceFault", message="", status=500)
WRONG = RefusedError(code="InvalidParameterValue", message="too old", status=400)
NOT_SENT = NotSentError("no connection")
LOST = UnansweredError("no answer")


@dataclass(kw_only=True)
class Cloudwatch:
    """``troubles``: what becomes of the next calls; None: taken."""

    troubles: list[CallError | None] = field(default_factory=list)
    sent: list[dict[str, Any]] = field(default_factory=list)
    saved_at_send: list[list[str]] = field(default_factory=list)
    outbox: Outbox | None = None

    def call(self, action: str, arguments: dict[str, Any], *, again: bool) -> object:
        assert (action, again) == ("PutMetricData", False)
        trouble = self.troubles.pop(0) if self.troubles else None
        if trouble is not None:
            raise trouble
        self.sent.append(arguments)
        return {}

    def names(self) -> list[str]:
        return [entry["MetricName"] for request in self.sent for entry in request["MetricData"]]


@dataclass(kw_only=True)
class Stage:
    cloudwatch: Cloudwatch
    outbox: Outbox
    saved: list[list[str]]
    wall: list[datetime]


def stage(*troubles: CallError | None) -> Stage:
    cloudwatch = Cloudwatch(troubles=list(troubles))
    wall, saved = [NOW], list[list[str]]()
    outbox = Outbox(
        stack="dev", cloudwatch=cloudwatch, wall=lambda: wall[0], save=lambda: saved.append(kept(made.outbox))
    )
    made = Stage(cloudwatch=cloudwatch, outbox=outbox, saved=saved, wall=wall)
    return made


def kept(outbox: Outbox) -> list[str]:
    return [entry["MetricName"] for request in outbox.state() for entry in request["data"]]


def data(name: str = "a") -> Sequence[dict[str, Any]]:
    return [{"MetricName": name, "Unit": "Count", "Values": [1.0], "Counts": [1.0]}]


def test_a_minute_is_sent_and_forgotten() -> None:
    made = stage()
    made.outbox.put(data(), at_s=100)
    made.outbox.send(100)
    made.outbox.send(160)
    assert made.cloudwatch.names() == ["a"]


@pytest.mark.parametrize("trouble", [THROTTLED, FORBIDDEN, BUSY, NOT_SENT])
def test_what_was_not_taken_goes_with_the_next_minute(trouble: CallError) -> None:
    made = stage(trouble)
    made.outbox.put(data("a"), at_s=100)
    made.outbox.send(100)
    made.outbox.put(data("b"), at_s=160)
    made.outbox.send(160)
    assert made.cloudwatch.names() == ["a", "b"]


@pytest.mark.parametrize("trouble", [LOST, WRONG])
def test_what_may_have_been_taken_or_never_will_is_given_up(
    trouble: CallError, capsys: pytest.CaptureFixture[str]
) -> None:
    made = stage(trouble)
    made.outbox.put(data("a"), at_s=100)
    made.outbox.send(100)
    made.outbox.put(data("b"), at_s=160)
    made.outbox.send(160)
    assert made.cloudwatch.names() == ["b"]
    assert "a minute of metrics is given up" in capsys.readouterr().err


def test_a_request_has_left_the_state_when_it_is_sent() -> None:
    made = stage(None, NOT_SENT)
    made.outbox.put(data("a"), at_s=100)
    made.outbox.put(data("b"), at_s=160)
    made.outbox.send(160)
    # put a, put b, before a is sent, before b is sent, b came back
    assert made.saved == [["a"], ["a", "b"], ["b"], [], ["b"]]


def test_a_minute_keeps_its_time_however_the_clock_steps() -> None:
    made = stage(NOT_SENT)
    made.outbox.put(data(), at_s=100)
    made.outbox.send(100)
    made.wall[0] = datetime(2026, 11, 24, 9, 0, 0, tzinfo=UTC)  # six hours back, 300 s later
    made.outbox.send(400)
    (entry,) = made.cloudwatch.sent[0]["MetricData"]
    assert entry["Timestamp"] == datetime(2026, 11, 24, 8, 55, 0, tzinfo=UTC).timestamp()


def test_an_outage_is_said_once_and_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    made = stage(NOT_SENT, NOT_SENT, NOT_SENT)
    for minute in range(5):
        made.outbox.put(data(), at_s=60 * minute)
        made.outbox.send(60 * minute)
    assert capsys.readouterr().err.splitlines() == [
        "vllm: publisher: metrics are kept for later: no connection",
        "vllm: publisher: CloudWatch takes metrics again",
    ]


def test_after_an_outage_the_next_look_need_not_wait_for_all() -> None:
    made = stage()
    for minute in range(AT_ONCE + 5):
        made.outbox.put(data(), at_s=60 * minute)
    made.outbox.send(9000)
    assert len(made.cloudwatch.sent) == AT_ONCE
    made.outbox.send(9060)
    assert len(made.cloudwatch.sent) == AT_ONCE + 5


def test_what_is_kept_has_a_limit(capsys: pytest.CaptureFixture[str]) -> None:
    made = stage()
    for minute in range(KEPT + 3):
        made.outbox.put(data(str(minute)), at_s=60 * minute)
    assert kept(made.outbox) == [str(minute) for minute in range(3, KEPT + 3)]
    assert "1 of the oldest requests to CloudWatch are given up" in capsys.readouterr().err
