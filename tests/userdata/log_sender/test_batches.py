"""Requests that PutLogEvents takes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from userdata.files.log_sender.batches import MAX_BYTES, MAX_EVENTS, MAX_SPAN_MS, OVERHEAD_BYTES, batches, by_stream
from userdata.files.log_sender.entries import Entry


def line(at_ms: int, text: str = "x", stream: str = "boot") -> Entry:
    return Entry(cursor="", at_ms=at_ms, stream=stream, text=text)


def test_streams_are_apart_and_in_the_order_of_time() -> None:
    entries = [line(3, "c"), line(1, "a"), line(1, "b"), line(2, stream="agent"), line(0, stream="")]
    found = by_stream(entries)
    assert list(found) == ["agent", "boot"]
    assert [entry.text for entry in found["boot"]] == ["a", "b", "c"]


def test_a_batch_is_as_large_as_it_may_be() -> None:
    text = "x" * (MAX_BYTES // 4 - OVERHEAD_BYTES)
    assert [len(batch) for batch in batches([line(1, text)] * 9)] == [4, 4, 1]
    assert [len(batch) for batch in batches([line(1)] * (MAX_EVENTS + 1))] == [MAX_EVENTS, 1]


def test_a_batch_spans_a_day_at_most() -> None:
    entries = [line(0), line(MAX_SPAN_MS), line(MAX_SPAN_MS + 1)]
    assert [len(batch) for batch in batches(entries)] == [2, 1]


def test_nothing_is_no_batch() -> None:
    assert list(batches([])) == []


@given(
    st.lists(
        st.builds(line, st.integers(0, 10 * MAX_SPAN_MS), st.sampled_from(["x", "\u20ac" * 20_000, "y" * 65_536])),
        max_size=40,
    )
)
def test_every_batch_is_taken_and_nothing_is_lost(entries: list[Entry]) -> None:
    ordered = sorted(entries, key=lambda entry: entry.at_ms)
    found = list(batches(ordered))
    assert [entry for batch in found for entry in batch] == ordered
    for batch in found:
        assert sum(entry.size_bytes + OVERHEAD_BYTES for entry in batch) <= MAX_BYTES
        assert batch[-1].at_ms - batch[0].at_ms <= MAX_SPAN_MS
