from __future__ import annotations

from typing import Any

import pytest

from monitoring.conditions import MetricCondition
from monitoring.dashboard import GRID_WIDTH, PANELS, Identifiers, dashboard_body
from monitoring.table import WATCHES

IDENTIFIERS = Identifiers(load_balancer="app/vllm/1", target_group="targetgroup/vllm/2", group="vllm-3")
ALARM_ARN = "arn:aws:cloudwatch:eu-central-1:123456789012:alarm:vllm"


@pytest.fixture
def widgets() -> list[dict[str, Any]]:
    body = dashboard_body(stack="dev", region="eu-central-1", identifiers=IDENTIFIERS, alarm_arns=[ALARM_ARN])
    found: list[dict[str, Any]] = body["widgets"]
    return found


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


def test_alarms_come_first_and_metrics_are_of_the_region(widgets: list[dict[str, Any]]) -> None:
    assert widgets[0]["properties"]["alarms"] == [ALARM_ARN]
    assert {widget["properties"]["region"] for widget in widgets[1:]} == {"eu-central-1"}


def test_each_alarmed_metric_can_be_looked_at() -> None:
    shown = {metric for panel in PANELS for metric in panel.metrics}
    alarmed = {watch.condition.metric for watch in WATCHES if isinstance(watch.condition, MetricCondition)}
    assert alarmed <= shown


def test_series_name_what_they_are_of(widgets: list[dict[str, Any]]) -> None:
    series = {row[1]: row for widget in widgets[1:] for row in widget["properties"]["metrics"]}
    assert series["HTTPCode_ELB_5XX_Count"][2:4] == ["LoadBalancer", "app/vllm/1"]
    assert series["RequestCount"][2:6] == ["TargetGroup", "targetgroup/vllm/2", "LoadBalancer", "app/vllm/1"]
    assert series["GroupInServiceInstances"][2:4] == ["AutoScalingGroupName", "vllm-3"]
    assert series["TargetResponseTime"][-1]["stat"] == "p95"
