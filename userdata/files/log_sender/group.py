"""The stack's log group, as the streams of this host."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from ..aws_call.errors import RefusedError
from .entries import Entry

# Of a request that will not be taken however often it is sent.
_NEVER = ("InvalidParameter", "Validation", "Serialization", "RequestEntityTooLarge", "UnrecognizedContent")
_TOO_LARGE = 413


class Api(Protocol):
    def call(self, action: str, arguments: Mapping[str, Any], *, again: bool) -> dict[str, Any]:
        """As ``aws_call.client.Client`` does it, with its errors."""


@dataclass(kw_only=True)
class Group:
    api: Api
    name: str
    instance_id: str
    _made: set[str] = field(default_factory=set)

    def put(self, stream: str, batch: Sequence[Entry]) -> int:
        """Sends one batch; returns how many of its lines AWS did not take and never will. CallError: try again.

        Sent again also where the answer was lost: a line that is there twice is better than one that is missing.
        """
        try:
            return _refused_of(self._put(f"{self.instance_id}/{stream}", batch), len(batch))
        except RefusedError as error:
            if error.status != _TOO_LARGE and not error.code.startswith(_NEVER):
                raise
            if len(batch) == 1:
                return 1
            # One line that is refused must not take the others with it.
            half = len(batch) // 2
            return self.put(stream, batch[:half]) + self.put(stream, batch[half:])

    def _put(self, name: str, batch: Sequence[Entry]) -> dict[str, Any]:
        if name not in self._made:
            self._make(name)
        events = [{"timestamp": entry.at_ms, "message": entry.text} for entry in batch]
        arguments = {"logGroupName": self.name, "logStreamName": name, "logEvents": events}
        try:
            return self.api.call("PutLogEvents", arguments, again=True)
        except RefusedError as error:
            if error.code.startswith("ResourceNotFound"):
                self._made.discard(name)  # somebody has deleted the stream: the next attempt makes it again
            raise

    def _make(self, name: str) -> None:
        try:
            self.api.call("CreateLogStream", {"logGroupName": self.name, "logStreamName": name}, again=True)
        except RefusedError as error:
            if not error.code.startswith("ResourceAlreadyExists"):
                raise
        self._made.add(name)


def _refused_of(answer: Mapping[str, Any], count: int) -> int:
    """Lines outside of what AWS takes: up to 14 days or the retention ago, up to two hours ahead.

    RejectedLogEventsInfo: the first two indices are of the first event after the old ones, the third of the first one
    that is too new.
    """
    info = answer.get("rejectedLogEventsInfo") or {}
    old = max(int(info.get("tooOldLogEventEndIndex", 0)), int(info.get("expiredLogEventEndIndex", 0)))
    new = count - int(info.get("tooNewLogEventStartIndex", count))
    return min(count, old + new)
