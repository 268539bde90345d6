"""That every name which is watched is one that the pinned vLLM exports, and what is said when it is not."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from monitoring.conditions import Metric, MetricCondition, Watch
from monitoring.contract import (
    PATH,
    Contract,
    contract,
    contract_of,
    host_series,
    query_problems,
    series_problem,
    silent,
)
from monitoring.promql import measure_of
from monitoring.published import MADE_OF, PUBLISHED, TOLD, Published, Series
from monitoring.table import WATCHES
from sizing.flags import PINNED_VERSION
from userdata.render import FILES


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(PATH.read_text(encoding="utf-8"))
    return found


def renamed(name: str) -> Contract:
    """The contract of a vLLM that has that metric under another name."""
    changed = document()
    changed["metrics"][f"{name}_v2"] = changed["metrics"].pop(name)
    return contract_of(changed)


def of_vllm(watch: Watch) -> list[str]:
    """The metrics of vLLM behind an alarm, also of what hosts make of them."""
    text = measure_of(watch, job="j") or ""
    named = re.findall(r"\b((?:vllm:|vllm_host_|http_)\w+?)(?:_bucket)?\{", text)
    return [part for name in named for part in MADE_OF.get(name, () if name.startswith("vllm_host_") else (name,))]


ALARMED = [(watch, name) for watch in WATCHES for name in of_vllm(watch)]


def test_it_is_of_the_pinned_version() -> None:
    assert contract().version == PINNED_VERSION


def test_nothing_is_silent() -> None:
    assert silent(WATCHES, contract()) == []


@pytest.mark.parametrize("published", PUBLISHED, ids=lambda published: published.name)
def test_what_hosts_publish_exists(published: Published) -> None:
    assert series_problem(published.series, contract()) is None


def test_many_alarms_are_on_metrics_of_vllm() -> None:
    assert len({watch.id for watch, _ in ALARMED}) >= 10


@pytest.mark.parametrize(("watch", "name"), ALARMED, ids=lambda value: value if isinstance(value, str) else value.id)
def test_a_renamed_metric_is_said_with_the_alarm_that_would_go_silent(watch: Watch, name: str) -> None:
    said = silent(WATCHES, renamed(name))
    assert any(text.startswith(f"alarm {watch.id} would go silent: ") and name in text for text in said), said
    assert {text.split()[1] for text in said} == {each.id for each, used in ALARMED if used == name}


def test_a_lost_label_value_is_said() -> None:
    changed = document()
    changed["metrics"]["vllm:request_success_total"]["values"]["finished_reason"].remove("error")
    assert silent(WATCHES, contract_of(changed)) == [
        "alarm error-finishes would go silent: vllm:request_success_total never has finished_reason=error in vLLM "
        f"{PINNED_VERSION}"
    ]


def test_a_changed_kind_is_said() -> None:
    changed = document()
    changed["metrics"]["vllm:time_to_first_token_seconds"]["type"] = "summary"
    (said,) = silent(WATCHES, contract_of(changed))
    assert said.startswith("alarm slow-first-token would go silent: vllm:time_to_first_token_seconds is a summary")


def test_a_label_that_it_does_not_have() -> None:
    series = Series(name="vllm:num_requests_running", kind="gauge", labels={"gpu": "0"})
    said = series_problem(series, contract())
    assert said == f"vllm:num_requests_running has no label gpu in vLLM {PINNED_VERSION}"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ('sum(vllm:num_requests_running{job="a"})', []),
        ('rate(vllm:e2e_request_latency_seconds_bucket{job="a",le="5.0"}[5m])', []),
        ('up{job="a"} + vllm_host_vllm_up{job="a"}', []),
        ('vllm:gpu_cache_usage_perc{job="a"}', [f"vLLM {PINNED_VERSION} exports no vllm:gpu_cache_usage_perc"]),
        ('vllm:num_preemptions{job="a"}', [f"vLLM {PINNED_VERSION} exports no vllm:num_preemptions"]),
        (
            'vllm:e2e_request_latency_seconds{job="a"}',
            [f"vLLM {PINNED_VERSION} exports no vllm:e2e_request_latency_seconds"],
        ),
        ('vllm:num_requests_running_sum{job="a"}', [f"vLLM {PINNED_VERSION} exports no vllm:num_requests_running_sum"]),
        ('vllm_host_mood{job="a"}', ["hosts export no vllm_host_mood"]),
        (
            'vllm:admission_rejections_total{reason="mood"}',
            [f"vllm:admission_rejections_total never has reason=mood in vLLM {PINNED_VERSION}"],
        ),
    ],
)
def test_queries(query: str, said: list[str]) -> None:
    assert query_problems(query, contract()) == said


def test_host_series_are_those_that_are_published() -> None:
    assert "vllm_host_events_total" in host_series()
    assert all(name.startswith("vllm_host_") for name in host_series())


def test_what_hosts_make_theirs_of_is_read_by_the_publisher() -> None:
    files = [FILES / "agent" / "metrics.py", *(FILES / "publisher").glob("*.py")]
    source = "\n".join(file.read_text(encoding="utf-8") for file in files)
    for series, parts in MADE_OF.items():
        assert [part for part in (series, *parts) if part.removeprefix("vllm_host_") not in source] == [], series


def test_counters_and_histograms_have_the_names_of_the_wire() -> None:
    for each in (*PUBLISHED, *TOLD):
        assert each.series.name.endswith("_total") == (each.series.kind == "counter"), each.name


def test_a_metric_under_its_old_name_is_a_silent_alarm() -> None:
    watch = next(each for each in WATCHES if each.id == "requests-waiting")
    assert isinstance(watch.condition, MetricCondition)
    metric = watch.condition.metric
    assert isinstance(metric, Metric)
    assert metric.published is not None
    old = replace(metric.published, series=replace(metric.published.series, name="vllm:num_requests_queued"))
    moved = replace(watch, condition=replace(watch.condition, metric=replace(metric, published=old)))
    assert silent([moved], contract()) == [
        f"alarm requests-waiting would go silent: vLLM {PINNED_VERSION} exports no vllm:num_requests_queued"
    ]
