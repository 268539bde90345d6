"""Each curve of each panel is of something that exists, in the words of the system that draws it."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from config.sources import load_stack_file
from monitoring.conditions import NAMESPACE, MetricCondition
from monitoring.contract import Contract, contract, query_problems, series_problem
from monitoring.limits import limits, metric_of
from monitoring.lines import Aws, Hosts, Line, Prices, Scrape, published_as
from monitoring.panels import PANELS, SECTIONS
from monitoring.published import PUBLISHED, TOLD
from monitoring.queries import promql
from monitoring.table import WATCHES
from sizing.cost import NOTHING
from sizing.prepare import prepare
from tests.e2e.support import need
from tests.monitoring.boards import ASKED, alarms

ROOT = Path(__file__).resolve().parents[2]
LINES = [(panel, line) for panel in PANELS for line in panel.lines]
QUERIES = [(panel, line, text) for panel, line in LINES if (text := promql(line, ASKED)) is not None]


def promtool_says(queries: list[str], folder: Path) -> str | None:
    """What is wrong with the first that is no PromQL: promtool reads expressions as those of rules."""
    need(shutil.which("promtool") is not None, "promtool is not installed (apt-get install prometheus)")
    rules = [{"record": f"panel:{number}", "expr": text} for number, text in enumerate(queries)]
    file = folder / "rules.json"
    file.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    done = subprocess.run(["promtool", "check", "rules", str(file)], capture_output=True, text=True, check=False)
    return None if done.returncode == 0 else done.stderr


def silent_panels(known: Contract) -> list[str]:
    """One sentence for each panel of which a curve would be empty."""
    return [f"{panel.title}: {problem}" for panel, _, text in QUERIES for problem in query_problems(text, known)]


def test_the_questions_are_in_an_operators_order() -> None:
    wanted = ["Is it up?", "Is it slow?", "Is it full?", "Why?", "What does it cost?"]
    assert [section.question for section in SECTIONS] == wanted


def test_titles_and_the_names_of_a_panels_curves_are_unique() -> None:
    titles = [panel.title for panel in PANELS]
    assert len(set(titles)) == len(titles)
    assert len({(panel.title, line.label) for panel, line in LINES}) == len(LINES)


def test_every_query_is_promql(tmp_path: Path) -> None:
    assert promtool_says([text for _, _, text in QUERIES], tmp_path) is None


def test_what_is_no_promql_is_found(tmp_path: Path) -> None:
    said = promtool_says(["sum(rate(vllm:prompt_tokens_total))"], tmp_path)
    assert said is not None
    assert "range vector" in said


def test_every_query_is_of_series_that_the_pinned_vllm_or_the_hosts_export() -> None:
    assert silent_panels(contract()) == []
    series = [line.metric.series for _, line in LINES if isinstance(line, Hosts)]
    assert [problem for each in series if (problem := series_problem(each, contract()))] == []


@pytest.mark.parametrize(
    ("old", "panels"),
    [
        ("vllm:inter_token_latency_seconds", {"Time between tokens"}),
        (
            "vllm:generation_tokens_total",
            {"Tokens", "Price of a million tokens written", "Requests run, no token comes"},
        ),
        ("vllm:num_requests_waiting", {"Requests that wait", "Load of a replica", "KV cache"}),
    ],
)
def test_a_renamed_metric_is_found_by_the_panels_that_show_it(old: str, panels: set[str]) -> None:
    known = contract()
    metrics = {f"{name}_renamed" if name == old else name: fact for name, fact in known.metrics.items()}
    found = silent_panels(replace(known, metrics=metrics))
    assert {text.partition(":")[0] for text in found} == panels
    assert all(f"exports no {old}" in text for text in found)


def test_what_hosts_publish_can_all_be_looked_at() -> None:
    shown = {line.metric.name for _, line in LINES if isinstance(line, Hosts)}
    assert shown == {each.name for each in (*PUBLISHED, *TOLD)}


def test_what_rings_can_be_looked_at() -> None:
    shown = [metric_of(line) for _, line in LINES if isinstance(line, Hosts | Aws)]
    names = {(metric.namespace, metric.name) for metric in shown}
    conditions = [watch.condition for watch in WATCHES if isinstance(watch.condition, MetricCondition)]
    watched = [metric for condition in conditions for metric in condition.metrics]
    assert {(metric.namespace, metric.name) for metric in watched} <= names


def test_a_curve_that_only_one_system_has_leaves_no_panel_of_the_other_empty_without_a_reason() -> None:
    for panel in PANELS:
        in_prometheus = any(promql(line, ASKED) for line in panel.lines)
        in_cloudwatch = any(not isinstance(line, Scrape) for line in panel.lines)
        assert in_prometheus == (not panel.only_aws), panel.title
        assert in_cloudwatch == (not panel.only_prometheus), panel.title


def test_what_hosts_publish_is_never_shown_as_a_metric_of_aws() -> None:
    names = {each.name for each in (*PUBLISHED, *TOLD)}
    for _, line in LINES:
        if isinstance(line, Aws) and line.metric.namespace == NAMESPACE and line.metric.statistic != "SampleCount":
            assert line.metric.name not in names


def test_a_view_that_the_kind_does_not_have_is_refused() -> None:
    with pytest.raises(ValueError, match="KvCacheUsed is a gauge: there is no p95 of it"):
        Hosts(label="", metric=published_as("KvCacheUsed"), view="p95")
    with pytest.raises(LookupError, match="hosts publish no KvCacheUsd"):
        published_as("KvCacheUsd")


def test_a_stack_on_one_machine_has_no_series_of_a_publisher() -> None:
    asked = replace(ASKED, publisher=False)
    texts = [text for _, line in LINES if (text := promql(line, asked)) is not None]
    assert texts
    assert [text for text in texts if "vllm_host_" in text] == []


def test_limits_are_in_the_unit_of_the_curve() -> None:
    rows = alarms(server_errors=10, slow_first_token=2.5, preemptions=30)
    found = {limit.alarm: limit.value for panel in PANELS for limit in limits(panel.lines, rows)}
    periods = {alarm.id: alarm.period_s for alarm in rows}
    assert found["server-errors"] == pytest.approx(10 * 60 / periods["server-errors"])
    assert found["preemptions"] == pytest.approx(30 * 60 / periods["preemptions"])
    assert found["slow-first-token"] == 2.5


def test_a_limit_at_zero_is_the_axis() -> None:
    rows = alarms(unhealthy_host=0)
    assert all(limit.value for panel in PANELS for limit in limits(panel.lines, rows))


def price_of(stack: str) -> Prices:
    plan = prepare(load_stack_file(stack=stack, root=ROOT), root=ROOT)[1]
    found = Prices.of(plan)
    assert found is not None
    assert found.host * plan.replicas.min + found.shared == pytest.approx(plan.cost.hourly_usd, abs=1e-3)
    return found


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_prices_add_up_to_the_plans(stack: str) -> None:
    found = price_of(stack)
    assert found.host > found.shared > 0


def test_a_stack_that_may_be_empty_has_the_price_of_a_host() -> None:
    plan = prepare(load_stack_file(stack="dev", root=ROOT), root=ROOT)[1]
    items = tuple(item for item in plan.cost.items if item.name != "instances")
    cost = replace(plan.cost, items=items)
    found = Prices.of(replace(plan, cost=cost, replicas=replace(plan.replicas, min=0)))
    assert found is not None
    assert found.host == plan.host_types[0].hourly_usd
    assert found.shared == pytest.approx(sum(item.hourly_usd for item in items), abs=1e-4)


def test_without_a_price_there_is_no_word_of_costs() -> None:
    plan = prepare(load_stack_file(stack="dev", root=ROOT), root=ROOT)[1]
    assert Prices.of(replace(plan, cost=NOTHING)) is None
    unlisted = tuple(replace(item, hourly_usd=0.0) if item.name == "instances" else item for item in plan.cost.items)
    assert Prices.of(replace(plan, cost=replace(plan.cost, items=unlisted))) is None
    (cost,) = (section for section in SECTIONS if section.question == "What does it cost?")
    lines: list[Line] = [line for panel in cost.panels for line in panel.lines]
    assert {promql(line, replace(ASKED, prices=None)) for line in lines} == {None}
