"""The entries of an interval in requests that PutMetricData takes. Pure.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricData.html: at most 150 values in a request
that gives values with counts, 1,000 entries, 1 MB.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

MAX_VALUES = 150
NAMESPACE = "vLLM"

Entry = Mapping[str, Any]


def portions(data: Iterable[Entry]) -> list[list[Entry]]:
    """``data`` in its order, in parts of at most 150 values."""
    parts: list[list[Entry]] = []
    room = 0
    for entry in (piece for whole in data for piece in _pieces(whole)):
        size = len(entry["Values"])
        if size > room:
            parts.append([])
            room = MAX_VALUES
        parts[-1].append(entry)
        room -= size
    return parts


def put_metric_data(portion: Iterable[Entry], *, stack: str, at: datetime) -> dict[str, Any]:
    """The request's body. ``at``: the end of the interval."""
    dimensions = [{"Name": "Stack", "Value": stack}]
    time = round(at.timestamp(), 3)
    return {
        "Namespace": NAMESPACE,
        "MetricData": [{**entry, "Dimensions": dimensions, "Timestamp": time} for entry in portion],
    }


def _pieces(entry: Entry) -> list[Entry]:
    """A histogram with more values than a request takes is put as several entries: CloudWatch adds them up."""
    values, counts = entry["Values"], entry["Counts"]
    return [
        {**entry, "Values": values[start : start + MAX_VALUES], "Counts": counts[start : start + MAX_VALUES]}
        for start in range(0, len(values), MAX_VALUES)
    ]
