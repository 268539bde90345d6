"""Grafana's dashboard: valid by Grafana's own types, and the same panels."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from monitoring.grafana import GRID_WIDTH, HOSTS, WINDOW, grafana_json
from monitoring.panels import PANELS, SECTIONS
from monitoring.queries import Asked, promql
from tests.monitoring.boards import PRICES, alarms

Draft7Validator = pytest.importorskip("jsonschema").Draft7Validator
SCHEMA = Draft7Validator(json.loads((Path(__file__).parent / "grafana.schema.json").read_text(encoding="utf-8")))
"""Made from the types of @grafana/schema by tools/grafana_schema: unknown fields and values are errors."""


@pytest.fixture
def board() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(grafana_json(stack="dev", alarms=alarms(), prices=PRICES))
    return found


def charts(board: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {panel["title"]: panel for panel in board["panels"] if panel["type"] == "timeseries"}


def test_grafanas_own_types_take_it(board: dict[str, Any]) -> None:
    assert [f"{error.json_path}: {error.message[:200]}" for error in SCHEMA.iter_errors(board)] == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("graphTooltip",), 7),
        (("panels", 2, "fieldConfig", "defaults", "custom", "fillOpacty"), 10),
        (("panels", 2, "options", "legend", "displayMode"), "lists"),
        (("panels", 2, "targets", 0, "expression"), "up"),
        (("panels", 2, "type"), "graph"),
        (("panels", 2, "gridPos", "w"), "8"),
        (("templating", "list", 0, "type"), "data source"),
    ],
)
def test_what_grafana_does_not_know_is_found(board: dict[str, Any], path: tuple[Any, ...], value: Any) -> None:
    wrong = copy.deepcopy(board)
    place = wrong
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    assert list(SCHEMA.iter_errors(wrong))


def test_panels_lie_on_the_grid_and_never_on_each_other(board: dict[str, Any]) -> None:
    taken = [
        (x, y)
        for panel in board["panels"]
        for place in [panel["gridPos"]]
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    ]
    assert len(set(taken)) == len(taken)
    assert max(x for x, _ in taken) < GRID_WIDTH


def test_what_rings_comes_first_and_then_the_questions_in_their_order(board: dict[str, Any]) -> None:
    assert board["panels"][0]["targets"][0]["expr"].startswith("max by (alertname, severity) (ALERTS{")
    assert 'stack="dev"' in board["panels"][0]["targets"][0]["expr"]
    rows = [panel["title"] for panel in board["panels"] if panel["type"] == "row"]
    assert rows == [section.question for section in SECTIONS]


def test_ids_are_those_of_the_panels_places(board: dict[str, Any]) -> None:
    assert [panel["id"] for panel in board["panels"]] == list(range(1, len(board["panels"]) + 1))


def test_each_panel_asks_what_the_list_of_panels_says(board: dict[str, Any]) -> None:
    asked = Asked(hosts=HOSTS, window=WINDOW, prices=PRICES)
    wanted = {
        panel.title: [(line.label, text) for line in panel.lines if (text := promql(line, asked))] for panel in PANELS
    }
    shown = {
        title: [(target["legendFormat"], target["expr"]) for target in panel["targets"]]
        for title, panel in charts(board).items()
    }
    assert shown == {title: queries for title, queries in wanted.items() if queries}


def test_the_scraping_job_of_the_rules_is_chosen_at_first(board: dict[str, Any]) -> None:
    variables = {each["name"]: each for each in board["templating"]["list"]}
    assert variables["job"]["current"]["value"] == "vllm-dev"
    assert variables["instance"]["current"]["value"] == ["$__all"]
    sources = {target["datasource"]["uid"] for panel in charts(board).values() for target in panel["targets"]}
    assert sources == {"${datasource}"}


def test_limits_are_dashed_lines_with_the_names_of_the_alarms() -> None:
    text = grafana_json(stack="dev", alarms=alarms(slow_first_token=2.5), prices=PRICES)
    panel = charts(json.loads(text))["Time to the first token"]
    assert panel["description"] == "Dashed: slow-first-token at 2.5 (docs/runbook.md)"
    defaults = panel["fieldConfig"]["defaults"]
    assert [step["value"] for step in defaults["thresholds"]["steps"]] == [None, 2.5]
    assert defaults["custom"]["thresholdsStyle"] == {"mode": "dashed"}


def test_limits_of_what_grafana_does_not_show_are_left_out(board: dict[str, Any]) -> None:
    assert "slow-responses" not in charts(board)["Whole request"].get("description", "")


def test_a_stack_on_one_machine_is_not_asked_for_what_only_a_publisher_serves() -> None:
    text = grafana_json(stack="local", alarms=alarms(), prices=None, publisher=False)
    assert "vllm_host_" not in text
    board = json.loads(text)
    assert list(SCHEMA.iter_errors(board)) == []
    assert [panel["title"] for panel in board["panels"] if panel["type"] == "row"][-1] == "Why?"


def test_a_name_is_made_into_one_that_grafana_takes() -> None:
    board = json.loads(grafana_json(stack="team.a/" + "x" * 60, alarms=(), prices=None))
    assert board["uid"].startswith("vllm-team-a-x")
    assert len(board["uid"]) == 40
