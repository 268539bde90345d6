"""What fits one PutLogEvents request. Pure.

https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html: at most 1,048,576 bytes,
counted as the messages in UTF-8 and 26 bytes for each; 10,000 events; 24 hours from the first to the last; in the order
of time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from .entries import Entry

MAX_BYTES = 1_048_576
MAX_EVENTS = 10_000
MAX_SPAN_MS = 24 * 3600 * 1000
OVERHEAD_BYTES = 26


def by_stream(entries: Iterable[Entry]) -> Mapping[str, list[Entry]]:
    """Those that are sent, in the order of time; equal times stay as they came. The clock may have stepped back."""
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.stream:
            found.setdefault(entry.stream, []).append(entry)
    return {stream: sorted(found[stream], key=lambda entry: entry.at_ms) for stream in sorted(found)}


def batches(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """``entries`` of one stream, in the order of time, in requests that the API takes."""
    batch: list[Entry] = []
    size_bytes = 0
    for entry in entries:
        needed = entry.size_bytes + OVERHEAD_BYTES
        full = size_bytes + needed > MAX_BYTES or len(batch) == MAX_EVENTS
        if batch and (full or entry.at_ms - batch[0].at_ms > MAX_SPAN_MS):
            yield batch
            batch, size_bytes = [], 0
        batch.append(entry)
        size_bytes += needed
    if batch:
        yield batch
