"""Reading the stack's log group: a stream per instance and service, and one of boot events per instance."""

from __future__ import annotations

import heapq
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ops.clients import aws_errors, client_config, code_of, session
from ops.errors import failure
from ops.log_line import LogLine

if TYPE_CHECKING:
    from mypy_boto3_logs import CloudWatchLogsClient

    from ops.outputs import Deployed

EVENTS = "events"
POLL_S = 2.0
OVERLAP = timedelta(minutes=2)  # lines reach the group a little after their time, those of some hosts later
# A stream's time of its last event "typically updates in less than an hour from ingestion": DescribeLogStreams.
STREAM_SLACK = timedelta(hours=2)
STREAMS_PER_REQUEST = 100  # FilterLogEvents


@dataclass(frozen=True, kw_only=True)
class LogGroup:
    """``units``: streams to read, ``events`` being the boot's; ``instance_id``: None for all."""

    logs: CloudWatchLogsClient
    name: str
    stack: str
    units: Sequence[str]
    instance_id: str | None = None
    pause: Callable[[float], None] = time.sleep

    @classmethod
    def of(cls, stack: Deployed, *, units: Sequence[str], instance_id: str | None) -> LogGroup:
        logs = session(stack.region).client("logs", config=client_config())
        return cls(logs=logs, name=stack.output("log_group"), stack=stack.stack, units=units, instance_id=instance_id)

    def lines(self, since: datetime) -> Iterator[LogLine]:
        """In the order of time. OpsError when the group is gone or AWS refuses."""
        return (line for _, line in self._events(since))

    def follow(self, since: datetime) -> Iterator[LogLine]:
        """The same, and then without an end what comes, each line once."""
        seen: dict[str, datetime] = {}
        newest = since
        while True:
            for event_id, line in self._events(max(since, newest - OVERLAP)):
                if event_id not in seen:
                    seen[event_id] = line.at
                    newest = max(newest, line.at)
                    yield line
            seen = {event_id: at for event_id, at in seen.items() if at >= newest - 2 * OVERLAP}
            self.pause(POLL_S)

    def _events(self, since: datetime) -> Iterator[tuple[str, LogLine]]:
        with aws_errors("read the log group"):
            try:
                streams = self._streams(since)
                starts = range(0, len(streams), STREAMS_PER_REQUEST)
                parts = [self._part(streams[start : start + STREAMS_PER_REQUEST], since) for start in starts]
                yield from heapq.merge(*parts, key=lambda found: found[1].at)
            except ClientError as error:
                if code_of(error) != "ResourceNotFoundException":
                    raise
                raise failure(
                    path=f"stack {self.stack}",
                    given=self.name,
                    message="this log group is gone: pulumi refresh, then pulumi up",
                ) from error

    def _streams(self, since: datetime) -> list[str]:
        """Names of those that may have lines of that time. A stream outlives its instance and its lines."""
        oldest_ms = _ms(since - STREAM_SLACK)
        pages = self.logs.get_paginator("describe_log_streams")
        if self.instance_id:
            found = pages.paginate(logGroupName=self.name, logStreamNamePrefix=self.instance_id)
        else:
            found = pages.paginate(logGroupName=self.name, orderBy="LastEventTime", descending=True)
        names = []
        for page in found:
            recent = [stream for stream in page["logStreams"] if _last_ms(stream) >= oldest_ms]
            names += [stream["logStreamName"] for stream in recent if self._is_wanted(stream["logStreamName"])]
            if not self.instance_id and not recent:
                break
        return sorted(names)

    def _is_wanted(self, stream: str) -> bool:
        instance_id, _, unit = stream.partition("/")
        return (unit or EVENTS) in self.units and self.instance_id in (None, instance_id)

    def _part(self, streams: Sequence[str], since: datetime) -> Iterator[tuple[str, LogLine]]:
        pages = self.logs.get_paginator("filter_log_events")
        for page in pages.paginate(logGroupName=self.name, logStreamNames=list(streams), startTime=_ms(since)):
            for event in sorted(page["events"], key=lambda event: event["timestamp"]):
                yield event["eventId"], line_of(event)


def line_of(event: Any) -> LogLine:
    """Of an event as FilterLogEvents tells it."""
    source, _, unit = event["logStreamName"].partition("/")
    text = event["message"] if unit else _event_text(event["message"])
    at = datetime.fromtimestamp(event["timestamp"] / 1000, UTC)
    return LogLine(at=at, source=source, unit=unit or EVENTS, text=text)


def _event_text(message: str) -> str:
    """An event of a boot as a sentence; anything else as it is. The report of a whole boot is left to the JSON."""
    try:
        event = json.loads(message)
        step, status, reason = event["step"], event["status"], str(event.get("reason", ""))
        took = f" after {float(event['duration_s']):g} s"
    except (ValueError, KeyError, TypeError):
        return message
    is_report = reason.startswith("{")
    return f"{step} {status}{took}" + (f": {reason}" if reason and not is_report else "")


def _last_ms(stream: Any) -> int:
    return max(int(stream.get(name, 0)) for name in ("lastEventTimestamp", "lastIngestionTime", "creationTime"))


def _ms(time: datetime) -> int:
    return max(0, int(time.timestamp() * 1000))
