"""What CloudWatch takes, and what it gives back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.rehearsal.aws.cloudwatch.watched import DIMENSIONS, NAMESPACE, Watched


def statistics(watched: Watched, *, minutes: int = 5, period_s: int = 60, **more: Any) -> list[dict[str, Any]]:
    asked = {
        "Namespace": NAMESPACE,
        "MetricName": "TimeToFirstToken",
        "Dimensions": DIMENSIONS,
        "StartTime": watched.aws.now - timedelta(minutes=minutes),
        "EndTime": watched.aws.now + timedelta(seconds=1),
        "Period": period_s,
    }
    found = watched.cloudwatch.get_metric_statistics(**(asked | more))["Datapoints"]
    return sorted(found, key=lambda point: str(point["Timestamp"]))


def put_histogram(watched: Watched, values: list[float], counts: list[float]) -> None:
    entry = {
        "MetricName": "TimeToFirstToken",
        "Dimensions": DIMENSIONS,
        "Timestamp": watched.aws.now,
        "Values": values,
        "Counts": counts,
        "Unit": "Seconds",
    }
    watched.cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=[entry])


def test_values_with_counts_have_percentiles(watched: Watched) -> None:
    put_histogram(watched, [0.1, 0.5, 2.5], [90000, 8000, 2000])
    (point,) = statistics(watched, Statistics=["SampleCount"], ExtendedStatistics=["p50", "p95", "p99"])
    assert point["SampleCount"] == 100000
    assert point["ExtendedStatistics"] == {"p50": 0.1, "p95": 0.5, "p99": 2.5}
    assert point["Unit"] == "Seconds"


def test_metric_data_has_them_too(watched: Watched) -> None:
    put_histogram(watched, [0.1, 2.5], [9, 1])
    metric = {"Namespace": NAMESPACE, "MetricName": "TimeToFirstToken", "Dimensions": DIMENSIONS}
    query = {"Id": "slow", "MetricStat": {"Metric": metric, "Period": 60, "Stat": "p95"}}
    (result,) = watched.cloudwatch.get_metric_data(
        MetricDataQueries=[query],
        StartTime=watched.aws.now - timedelta(minutes=5),
        EndTime=watched.aws.now + timedelta(1),
    )["MetricDataResults"]
    assert (result["Id"], result["Values"]) == ("slow", [2.5])


def test_hosts_add_to_one_metric_and_other_dimensions_are_another(watched: Watched) -> None:
    put_histogram(watched, [1.0], [2])
    put_histogram(watched, [3.0], [1])
    other = [*DIMENSIONS, {"Name": "Host", "Value": "i-1"}]
    watched.put("TimeToFirstToken", 99.0, Dimensions=other)
    (point,) = statistics(watched, Statistics=["Sum", "Maximum", "SampleCount"])
    assert (point["Sum"], point["Maximum"], point["SampleCount"]) == (5, 3, 3)
    (alone,) = statistics(watched, Statistics=["Sum"], Dimensions=other)
    assert alone["Sum"] == 99


def test_periods_begin_at_the_start_rounded_down_to_a_minute(watched: Watched) -> None:
    for _ in range(3):
        watched.put("TimeToFirstToken", 1.0)
        watched.wall.advance(60)
    assert [point["Sum"] for point in statistics(watched, Statistics=["Sum"])] == [1, 1, 1]
    assert [point["Sum"] for point in statistics(watched, period_s=120, minutes=4, Statistics=["Sum"])] == [1, 2]


def test_metrics_are_listed_once(watched: Watched) -> None:
    watched.put("RequestsWaiting", 1.0)
    watched.put("RequestsWaiting", 2.0)
    (metric,) = watched.cloudwatch.list_metrics(Namespace=NAMESPACE)["Metrics"]
    assert (metric["MetricName"], metric["Dimensions"]) == ("RequestsWaiting", DIMENSIONS)


@pytest.mark.parametrize(
    "entry",
    [
        {"Values": [float(number) for number in range(151)]},
        {"Values": [1.0, 2.0], "Counts": [1.0]},
        {"Values": [1.0], "Counts": [-1.0]},
        {"Value": 2.0**361},
        {"Value": float("inf")},
    ],
)
def test_what_cloudwatch_refuses_is_refused_whole(watched: Watched, entry: dict[str, Any]) -> None:
    good = {"MetricName": "Good", "Value": 1.0}
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        watched.cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=[good, {"MetricName": "Bad"} | entry])
    assert watched.cloudwatch.list_metrics(Namespace=NAMESPACE)["Metrics"] == []


@pytest.mark.parametrize("away", [timedelta(days=-15), timedelta(hours=3)])
def test_times_too_far_away_are_refused(watched: Watched, away: timedelta) -> None:
    with pytest.raises(ClientError, match="InvalidParameterValue"):
        watched.put("RequestsWaiting", 1.0, Timestamp=watched.aws.now + away)


def test_there_is_a_most_of_metrics(watched: Watched) -> None:
    many = [{"MetricName": f"M{number}", "Value": 1.0} for number in range(1001)]
    with pytest.raises(ClientError, match="1000"):
        watched.cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=many)
