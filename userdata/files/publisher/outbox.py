"""What is still to be sent, oldest first."""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from ..aws_call.errors import CallError, NotSentError, RefusedError
from .requests import Entry, portions, put_metric_data

KEPT = 180  # three hours and more; older ones make room
AT_ONCE = 10  # after an outage: the next look at vLLM must not wait for all of them


class Cloudwatch(Protocol):
    """``aws_call.client.Client``."""

    def call(self, action: str, arguments: dict[str, Any], *, again: bool) -> object: ...


@dataclass(kw_only=True)
class Outbox:
    """``wall`` is asked when a request is sent and taken back by its age, so that a step of the clock moves nothing.

    ``save`` is called whenever what is kept has changed, before anything else happens.
    """

    stack: str
    cloudwatch: Cloudwatch
    wall: Callable[[], datetime]
    save: Callable[[], None]
    _kept: deque[dict[str, Any]] = field(default_factory=deque)
    _refused: str = ""

    def put(self, data: Iterable[Entry], *, at_s: float) -> None:
        """``data`` of the interval that ended at ``at_s``, which only runs forward."""
        self._kept.extend({"at_s": at_s, "data": portion} for portion in portions(data))
        if len(self._kept) > KEPT:
            _say(f"{len(self._kept) - KEPT} of the oldest requests to CloudWatch are given up: too many are kept")
        while len(self._kept) > KEPT:
            self._kept.popleft()
        self.save()

    def send(self, now_s: float) -> None:
        """As much as is taken now."""
        for _ in range(min(AT_ONCE, len(self._kept))):
            if not self._send_oldest(now_s):
                return

    def state(self) -> list[dict[str, Any]]:
        return list(self._kept)

    def restore(self, state: Iterable[dict[str, Any]]) -> None:
        self._kept = deque(state)

    def _send_oldest(self, now_s: float) -> bool:
        request = self._kept.popleft()
        self.save()  # a publisher that ends while it sends must not send this again
        at = self.wall() - timedelta(seconds=now_s - request["at_s"])
        try:
            self.cloudwatch.call(
                "PutMetricData", put_metric_data(request["data"], stack=self.stack, at=at), again=False
            )
        except CallError as error:
            return self._failed(request, error)
        if self._refused:
            _say("CloudWatch takes metrics again")
            self._refused = ""
        return True

    def _failed(self, request: dict[str, Any], error: CallError) -> bool:
        """Whether to go on with the next one."""
        if not may_be_sent_later(error):
            _say(f"a minute of metrics is given up: {error}")
            return isinstance(error, RefusedError)
        self._kept.appendleft(request)
        self.save()
        if str(error) != self._refused:
            _say(f"metrics are kept for later: {error}")
            self._refused = str(error)
        return False


def may_be_sent_later(error: CallError) -> bool:
    """CloudWatch has nothing of it and may take it later. A right that is missing may come, too."""
    if isinstance(error, RefusedError):
        later = ("AccessDenied", "NotAuthorized", "Unrecognized", "Signature", "Expired", "Token")
        return error.is_temporary or error.status in (401, 403) or any(word in error.code for word in later)
    return isinstance(error, NotSentError)


def _say(text: str) -> None:
    sys.stderr.write(f"vllm: publisher: {text}\n")
    sys.stderr.flush()
