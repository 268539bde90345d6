"""The dashboard that CloudWatch is given: its grid, its metrics, its formulas."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest

from monitoring.conditions import NAMESPACE
from monitoring.dashboard import GRID_WIDTH, dashboard_body
from monitoring.panels import SECTIONS
from monitoring.published import PUBLISHED, TOLD
from monitoring.table import metrics as known
from monitoring.table.metrics import BOOT_LOOP
from tests.monitoring.boards import IDENTIFIERS, drawn

ALARM_ARN = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:vllm"
LONGEST_BODY = 1024 * 1024  # DashboardBody of PutDashboard
MOST_ALARMS = 100  # of an alarm widget
FORMAT = {  # "Dashboard body structure and syntax", the part that is used
    "alarm": {"title", "alarms"},
    "text": {"markdown", "background"},
    "metric": {"title", "view", "region", "period", "yAxis", "metrics", "annotations"},
}
FUNCTIONS = {"PERIOD", "IF"}


@pytest.fixture
def widgets() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = dashboard_body(drawn(), alarm_arns=[ALARM_ARN])["widgets"]
    return found


def charts(widgets: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {each["properties"]["title"]: each["properties"] for each in widgets if each["type"] == "metric"}


def rows(widgets: list[dict[str, Any]]) -> list[list[Any]]:
    return [row for chart in charts(widgets).values() for row in chart["metrics"]]


def cells(widget: dict[str, Any]) -> set[tuple[int, int]]:
    return {
        (x, y)
        for x in range(widget["x"], widget["x"] + widget["width"])
        for y in range(widget["y"], widget["y"] + widget["height"])
    }


def test_widgets_lie_on_the_grid_and_never_on_each_other(widgets: list[dict[str, Any]]) -> None:
    taken = [cell for widget in widgets for cell in cells(widget)]
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < GRID_WIDTH


def test_alarms_come_first_and_then_the_questions_in_their_order(widgets: list[dict[str, Any]]) -> None:
    assert widgets[0]["properties"]["alarms"] == [ALARM_ARN]
    asked = [each["properties"]["markdown"] for each in widgets if each["type"] == "text"]
    assert asked == [f"## {section.question}" for section in SECTIONS]
    assert sorted(widgets, key=lambda each: (each["y"], each["x"])) == widgets


def test_metrics_are_of_the_region(widgets: list[dict[str, Any]]) -> None:
    assert {chart["region"] for chart in charts(widgets).values()} == {"eu-central-1"}


def test_every_metric_is_one_that_hosts_put_or_that_aws_has(widgets: list[dict[str, Any]]) -> None:
    of_aws = {(each.namespace, each.name) for each in vars(known).values() if hasattr(each, "namespace")}
    of_hosts = {(NAMESPACE, each.name) for each in (*PUBLISHED, *TOLD)}
    shown = {tuple(row[:2]) for row in rows(widgets) if len(row) > 1}
    assert of_hosts <= shown <= of_hosts | of_aws


def test_series_name_what_they_are_of(widgets: list[dict[str, Any]]) -> None:
    series = {row[1]: row for row in rows(widgets) if len(row) > 1}
    assert series["HTTPCode_ELB_5XX_Count"][2:4] == ["LoadBalancer", "app/vllm/1"]
    assert series["RequestCount"][2:6] == ["TargetGroup", "targetgroup/vllm/2", "LoadBalancer", "app/vllm/1"]
    assert series["GroupInServiceInstances"][2:4] == ["AutoScalingGroupName", "vllm-3"]
    assert series[BOOT_LOOP.name][:4] == ["vLLM", "BootLoop", "Stack", "dev"]
    assert series["DaysToExpiry"][2:4] == ["CertificateArn", IDENTIFIERS.certificate]
    assert series["TargetResponseTime"][-1]["stat"] == "p95"


def test_formulas_are_of_metrics_of_their_chart_that_are_not_drawn_themselves(widgets: list[dict[str, Any]]) -> None:
    for title, chart in charts(widgets).items():
        hidden = {row[-1]["id"] for row in chart["metrics"] if row[-1].get("visible") is False}
        formulas = [row[0] for row in chart["metrics"] if len(row) == 1]
        used = {name for each in formulas for name in re.findall(r"[A-Za-z]\w*", each["expression"])} - FUNCTIONS
        assert used == hidden, title
        ids = [row[-1]["id"] for row in chart["metrics"] if "id" in row[-1]]
        assert len(set(ids)) == len(ids), title
        assert all(re.fullmatch(r"[a-z]\w*", name) for name in ids), title


def test_what_adds_up_is_shown_by_the_minute_whatever_the_period_is(widgets: list[dict[str, Any]]) -> None:
    """CloudWatch takes a longer period where more time is shown: a sum alone would grow with it."""
    adds_up = [row for row in rows(widgets) if row[-1].get("stat") in ("Sum", "SampleCount")]
    assert adds_up
    assert {row[-1]["visible"] for row in adds_up} == {False}
    tokens = charts(widgets)["Tokens"]["metrics"]
    assert [row[0]["expression"] for row in tokens if len(row) == 1] == ["m1/PERIOD(m1)", "m2/PERIOD(m2)"]
    waiting = charts(widgets)["Requests that wait"]["metrics"]
    assert [row[0]["expression"] for row in waiting if len(row) == 1] == ["60*m1/PERIOD(m1)"]


def test_widgets_have_only_what_the_format_has(widgets: list[dict[str, Any]]) -> None:
    for widget in widgets:
        assert set(widget) == {"type", "x", "y", "width", "height", "properties"}
        assert set(widget["properties"]) <= FORMAT[widget["type"]]
    assert len(widgets[0]["properties"]["alarms"]) <= MOST_ALARMS
    for *names, options in rows(widgets):
        assert set(options) <= {"id", "label", "stat", "visible", "expression"}
        assert len(names) % 2 == 0
        assert all(isinstance(name, str) and name for name in names)
        assert bool(names) == ("expression" not in options)


def test_an_hour_costs_its_hosts_and_the_rest(widgets: list[dict[str, Any]]) -> None:
    (hosts, (formula,)) = charts(widgets)["Price of an hour"]["metrics"]
    assert hosts[1] == "GroupInServiceInstances"
    assert formula["expression"] == "m1*1.25+0.0625"


def test_limits_are_lines_with_the_names_of_the_alarms(widgets: list[dict[str, Any]]) -> None:
    (limit,) = charts(widgets)["Time between tokens"]["annotations"]["horizontal"]
    assert limit["label"] == "slow-tokens"
    assert limit["value"] > 0
    assert "annotations" not in charts(widgets)["Tokens"]


def test_without_certificate_or_prices_nothing_is_shown_of_them() -> None:
    bare = drawn(identifiers=replace(IDENTIFIERS, certificate=None), prices=None)
    found = dashboard_body(bare, alarm_arns=[ALARM_ARN])["widgets"]
    assert not {"Certificate", "Price of an hour", "Price of a million tokens written"} & set(charts(found))
    assert [each["properties"]["markdown"] for each in found if each["type"] == "text"][-1] == "## Why?"


def test_the_body_is_json_that_cloudwatch_has_room_for() -> None:
    body = json.dumps(dashboard_body(drawn(), alarm_arns=[ALARM_ARN] * 100))
    assert len(body.encode()) < LONGEST_BODY
