"""An interval tells gauges as they were seen last, counters as they grew, histograms as they were observed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.userdata.publisher.series import METRICS, text
from userdata.files.publisher.exposition import Sample, read
from userdata.files.publisher.growth import Growth
from userdata.files.publisher.interval import Interval, observations
from userdata.files.publisher.spec import sample_names


def told(*looks: str) -> dict[str, dict[float, float]]:
    interval, growth = Interval(metrics=METRICS), Growth()
    for look in looks:
        interval.add(read(look, sample_names(METRICS)), growth)
    return by_name(interval.close())


def by_name(data: list[dict[str, Any]]) -> dict[str, dict[float, float]]:
    return {entry["MetricName"]: dict(zip(entry["Values"], entry["Counts"], strict=True)) for entry in data}


def test_a_gauge_is_what_was_seen_last_and_once_so_that_hosts_add_up() -> None:
    assert told(text(running=3), text(running=5), text(running=4))["RequestsRunning"] == {4: 1}


def test_a_gauge_of_several_engines_is_their_sum_or_the_fullest() -> None:
    second = 'vllm:num_requests_running{engine="1"} 4\nvllm:kv_cache_usage_perc{engine="1"} 0.75\n'
    found = told(text(running=3, cache=0.5) + second)
    assert found["RequestsRunning"] == {7: 1}
    assert found["KvCacheUsed"] == {0.75: 1}


def test_a_counter_is_its_growth_over_all_looks() -> None:
    assert told(text(tokens=10), text(tokens=14), text(tokens=15))["GenerationTokens"] == {15: 1}


def test_a_counter_that_selects_counts_only_what_it_selects() -> None:
    found = told(text(finished={"stop": 4, "error": 1}), text(finished={"stop": 6, "error": 2}))
    assert found["FinishedRequests"] == {8: 1}
    assert found["FinishedWithError"] == {2: 1}


def test_a_counter_without_a_sample_yet_is_zero() -> None:
    assert told(text())["FinishedWithError"] == {0: 1}


def test_a_counter_that_the_server_does_not_know_is_not_told() -> None:
    assert told("vllm:num_requests_running 1\n") == {"RequestsRunning": {1: 1}}


def test_a_histogram_is_how_often_each_bound_was_reached() -> None:
    found = told(
        text(latencies={"0.1": 1, "0.5": 1, "+Inf": 1}),
        text(latencies={"0.1": 3, "0.5": 7, "+Inf": 8}),
    )
    assert found["TimeToFirstToken"] == {0.1: 3, 0.5: 5}  # the one above the last bound counts as that bound


def test_a_histogram_that_observed_nothing_says_nothing() -> None:
    assert "TimeToFirstToken" not in told(text(latencies={"0.1": 0, "+Inf": 0}))


def test_a_restart_of_the_server_loses_and_doubles_nothing() -> None:
    found = told(
        text(tokens=100, latencies={"0.1": 9, "+Inf": 10}),
        text(tokens=7, latencies={"0.1": 1, "+Inf": 2}, start=2000),
    )
    assert found["GenerationTokens"] == {107: 1}
    assert found["TimeToFirstToken"] == {0.1: 12}


def test_an_interval_begins_with_nothing() -> None:
    interval, growth = Interval(metrics=METRICS), Growth()
    interval.add(read(text(running=1, tokens=5), sample_names(METRICS)), growth)
    interval.close()
    assert interval.close() == []
    interval.add(read(text(running=1, tokens=6), sample_names(METRICS)), growth)
    assert by_name(interval.close())["GenerationTokens"] == {1: 1}


def test_what_is_told_has_cloudwatchs_unit() -> None:
    interval = Interval(metrics=METRICS)
    interval.add(read(text(latencies={"0.1": 1, "+Inf": 1}), sample_names(METRICS)), Growth())
    units = {entry["MetricName"]: entry["Unit"] for entry in interval.close()}
    assert (units["TimeToFirstToken"], units["RequestsRunning"], units["KvCacheUsed"]) == ("Seconds", "Count", "None")


def bucket(bound: str, engine: int = 0) -> Sample:
    return Sample(name="a_bucket", labels=f'engine="{engine}",le="{bound}"', value=0)


def test_engines_observe_into_the_same_values() -> None:
    grown = [(bucket("0.1"), 1.0), (bucket("+Inf"), 1.0), (bucket("0.1", 1), 2.0), (bucket("+Inf", 1), 2.0)]
    assert observations(grown) == {0.1: 3}


@pytest.mark.parametrize("labels", ["", 'le="x"', 'engine="0"'])
def test_a_bucket_without_a_bound_is_left_out(labels: str) -> None:
    assert observations([(Sample(name="a_bucket", labels=labels, value=0), 5.0)]) == {}


@given(counts=st.lists(st.integers(0, 50), min_size=2, max_size=12))
def test_every_observation_is_told_once(counts: list[int]) -> None:
    bounds = [*(str(2**number) for number in range(len(counts) - 1)), "+Inf"]
    below = [sum(counts[: index + 1]) for index in range(len(counts))]
    values = observations([(bucket(bound), float(count)) for bound, count in zip(bounds, below, strict=True)])
    assert sum(values.values()) == sum(counts)
    assert all(count > 0 for count in values.values())
