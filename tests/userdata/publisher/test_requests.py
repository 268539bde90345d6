"""What one PutMetricData takes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from userdata.files.publisher.requests import MAX_VALUES, portions, put_metric_data


def entry(values: int, *, name: str = "a") -> dict[str, Any]:
    return {"MetricName": name, "Unit": "Count", "Values": list(range(values)), "Counts": [1.0] * values}


@given(sizes=st.lists(st.integers(1, 400)))
def test_requests_hold_all_values_and_none_too_many(sizes: list[int]) -> None:
    data = [entry(size, name=str(index)) for index, size in enumerate(sizes)]
    parts = portions(data)
    assert all(0 < sum(len(each["Values"]) for each in part) <= MAX_VALUES for part in parts)
    flat = [(each["MetricName"], value) for part in parts for each in part for value in each["Values"]]
    assert flat == [(each["MetricName"], value) for each in data for value in each["Values"]]
    assert all(len(each["Values"]) == len(each["Counts"]) for part in parts for each in part)


def test_a_minute_of_a_host_is_one_request() -> None:
    assert len(portions([entry(20), entry(20), entry(4), entry(1)])) == 1


def test_a_request_says_of_which_stack_and_when() -> None:
    at = datetime(2026, 11, 24, 15, 0, 0, 250000, tzinfo=UTC)
    request = put_metric_data([entry(1)], stack="dev", at=at)
    assert request["Namespace"] == "vLLM"
    (data,) = request["MetricData"]
    assert data["Dimensions"] == [{"Name": "Stack", "Value": "dev"}]
    assert data["Timestamp"] == at.timestamp()
