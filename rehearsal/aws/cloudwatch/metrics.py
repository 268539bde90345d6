"""Metrics as CloudWatch keeps them: what PutMetricData refuses, values with counts, percentiles, whole dimensions.

PutMetricData: at most 1000 metrics and 150 values in each, values between -2^360 and 2^360 and no NaN or infinity,
time stamps "as much as two weeks before the current date, and as much as 2 hours after"; without one it is now.
GetMetricData and GetMetricStatistics: a metric is its namespace, its name and exactly these dimensions; periods begin
at the start time, rounded down to a minute. Moto keeps a value once per count, has no percentiles, ignores the
namespace where dimensions are given, and lets periods begin at the first value.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.cloudwatch.exceptions import InvalidParameterValue
from moto.cloudwatch.metric_data_expression_parser import parse_expression
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from rehearsal.aws.cloudwatch.data import Datum, of_statistics, of_values, percentile_share, statistic, within
from rehearsal.aws.patch import Method, kept, wrap
from rehearsal.aws.world import World

MAX_METRICS = 1000
MAX_VALUES = 150
_LARGEST = 2.0**360
_OLDEST = timedelta(days=14)
_NEWEST = timedelta(hours=2)

Dimensions = Iterable[Mapping[str, str]]
Key = tuple[str, str, tuple[tuple[str, str], ...]]


def install() -> None:
    wrap(CloudWatchBackend, "put_metric_data", _put)
    wrap(CloudWatchBackend, "get_metric_data", _get_metric_data)
    wrap(CloudWatchResponse, "get_metric_statistics", _get_metric_statistics)


def data_of(backend: Any, *, namespace: str, name: str, dimensions: Dimensions) -> list[Datum]:
    """Everything that was put for one metric, in the order in which it came."""
    found: list[Datum] = kept(backend, "data").get(_key(namespace, name, dimensions), [])
    return found


def _key(namespace: str, name: str, dimensions: Dimensions) -> Key:
    return namespace, name, tuple(sorted((each["Name"], each["Value"]) for each in dimensions))


def _put(original: Method) -> Method:
    def put_metric_data(self: Any, namespace: str, metric_data: list[dict[str, Any]]) -> None:
        if len(metric_data) > MAX_METRICS:
            raise InvalidParameterValue(f"The collection MetricData must not have a size greater than {MAX_METRICS}.")
        now = World.running().settings.now()
        for number, entry in enumerate(metric_data, start=1):
            self._validate_parameters_put_metric_data(entry, number)
            _refuse(entry, number, now)
        table = kept(self, "data")
        for entry in metric_data:
            series = table.setdefault(_key(namespace, entry["MetricName"], entry.get("Dimensions") or ()), [])
            if not series:  # for ListMetrics
                original(self, namespace, [_plain(entry)])
            series.append(_datum(entry, now))

    return put_metric_data


def _refuse(entry: Mapping[str, Any], number: int, now: datetime) -> None:
    where = f"MetricData.member.{number}"
    values = entry.get("Values") or []
    if len(values) > MAX_VALUES:
        raise InvalidParameterValue(f"The collection {where}.Values must not have a size greater than {MAX_VALUES}.")
    for value in [*values, entry.get("Value", 0.0)]:
        if not math.isfinite(value) or abs(value) > _LARGEST:
            raise InvalidParameterValue(f"The value {value} for parameter {where}.Value is invalid.")
    if any(count < 0 or not math.isfinite(count) for count in entry.get("Counts") or []):
        raise InvalidParameterValue(f"The values for parameter {where}.Counts must not be negative.")
    if not now - _OLDEST <= _time(entry, now) <= now + _NEWEST:
        raise InvalidParameterValue(
            f"The parameter {where}.Timestamp must specify a time no more than two weeks in "
            "the past and no more than two hours in the future."
        )


def _plain(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name in ("MetricName", "Dimensions", "Unit")}


def _time(entry: Mapping[str, Any], now: datetime) -> datetime:
    given: datetime | None = entry.get("Timestamp")
    if given is None:
        return now
    return given if given.tzinfo else given.replace(tzinfo=UTC)


def _datum(entry: Mapping[str, Any], now: datetime) -> Datum:
    at_s, unit = _time(entry, now).timestamp(), entry.get("Unit")
    if sums := entry.get("StatisticValues"):
        return of_statistics(
            at_s,
            count=sums["SampleCount"],
            total=sums["Sum"],
            least=sums["Minimum"],
            most=sums["Maximum"],
            unit=unit,
        )
    values = entry.get("Values") or [entry.get("Value", 0.0)]
    return of_values(at_s, values, entry.get("Counts") or [1.0] * len(values), unit=unit)


def _get_metric_statistics(_: Method) -> Method:
    def get_metric_statistics(self: Any) -> ActionResult:
        names = [*self._get_param("Statistics", []), *self._get_param("ExtendedStatistics", [])]
        metric = {"Namespace": self._get_param("Namespace"), "MetricName": self._get_param("MetricName")}
        metric["Dimensions"] = self._get_param("Dimensions", [])
        period_s = self._get_int_param("Period")
        found = _found(self.cloudwatch_backend, metric, self._get_param("Unit"))
        spans = _filled(found, self._get_param("StartTime"), self._get_param("EndTime"), period_s)
        points = [_point(start, data, names) for start, data in spans]
        return ActionResult({"Label": metric["MetricName"], "Datapoints": points})

    return get_metric_statistics


def _point(start: datetime, data: Sequence[Datum], names: Iterable[str]) -> dict[str, Any]:
    values = {name: statistic(data, name) for name in names}
    plain = {name: value for name, value in values.items() if percentile_share(name) is None}
    more = {name: value for name, value in values.items() if name not in plain and value is not None}
    point = {"Timestamp": start, "Unit": data[0].unit or "None", **plain}
    return point | ({"ExtendedStatistics": more} if more else {})


def _get_metric_data(original: Method) -> Method:
    def get_metric_data(
        self: Any,
        queries: list[dict[str, Any]],
        start_time: datetime,
        end_time: datetime,
        scan_by: str = "TimestampAscending",
    ) -> list[dict[str, Any]]:
        measured = [query for query in queries if "MetricStat" in query]
        results = [_answer(self, query, start_time, end_time) for query in measured]
        shown = [result for query, result in zip(measured, results, strict=True) if query.get("ReturnData", True)]
        for query in queries:
            if "Expression" in query:
                values, times = parse_expression(query["Expression"], results)
                label = query.get("Label") or query["Id"]
                shown.append(_result(query["Id"], label, values=list(values), times=list(times)))
        if scan_by == "TimestampDescending":
            for result in shown:
                result["values"], result["timestamps"] = result["values"][::-1], result["timestamps"][::-1]
        return shown

    del original
    return get_metric_data


def _answer(backend: Any, query: Mapping[str, Any], start: datetime, end: datetime) -> dict[str, Any]:
    asked = query["MetricStat"]
    metric, name = asked["Metric"], asked["Stat"]
    spans = _filled(_found(backend, metric, asked.get("Unit")), start, end, int(asked["Period"]))
    found = [(begin, statistic(data, name)) for begin, data in spans]
    real = [(begin, value) for begin, value in found if value is not None]
    label = query.get("Label") or f"{metric['MetricName']} {name}"
    return _result(query["Id"], label, values=[value for _, value in real], times=[time for time, _ in real])


def _result(query_id: str, label: str, *, values: list[Any], times: list[Any]) -> dict[str, Any]:
    return {"id": query_id, "label": label, "values": values, "timestamps": times, "status_code": "Complete"}


def _found(backend: Any, metric: Mapping[str, Any], unit: str | None) -> list[Datum]:
    data = data_of(
        backend,
        namespace=metric["Namespace"],
        name=metric["MetricName"],
        dimensions=metric.get("Dimensions") or (),
    )
    return [datum for datum in data if unit is None or datum.unit == unit]


def _filled(
    data: Sequence[Datum], start: datetime, end: datetime, period_s: int
) -> Iterator[tuple[datetime, list[Datum]]]:
    """The periods between the two times that hold anything, each with its begin."""
    first = start.replace(second=0, microsecond=0, tzinfo=start.tzinfo or UTC)
    end_s = end.replace(tzinfo=end.tzinfo or UTC).timestamp()
    asked = within(data, first.timestamp(), end_s)
    periods = sorted({math.floor((datum.at_s - first.timestamp()) / period_s) for datum in asked})
    for number in periods:
        begin = first + timedelta(seconds=number * period_s)
        yield begin, within(asked, begin.timestamp(), begin.timestamp() + period_s)
