"""The stack's dashboard as the JSON model that Grafana imports, by Grafana's own builders. Pure.

Only verbs and tests that make it import this module: the builders take a while to load.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from grafana_foundation_sdk.builders.common import GraphThresholdsStyleConfig, VizLegendOptions, VizTooltipOptions
from grafana_foundation_sdk.builders.dashboard import (
    Dashboard,
    DatasourceVariable,
    QueryVariable,
    Row,
    ThresholdsConfig,
)
from grafana_foundation_sdk.builders.prometheus import Dataquery
from grafana_foundation_sdk.builders.statetimeline import Panel as StateTimeline
from grafana_foundation_sdk.builders.timeseries import Panel as Timeseries
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.models import common
from grafana_foundation_sdk.models.dashboard import (
    DashboardCursorSync,
    DataSourceRef,
    Threshold,
    ThresholdsMode,
    VariableOption,
    VariableRefresh,
)

from monitoring.alarms import Alarm
from monitoring.limits import Limit, limits
from monitoring.lines import Prices
from monitoring.panels import SECTIONS, Panel, Unit
from monitoring.promql import job_name
from monitoring.queries import Asked, promql

GRID_WIDTH = 24
PANEL_WIDTH = 6
PANEL_HEIGHT = 8
_ALERTS_HEIGHT = 6
_UID_MAX_LENGTH = 40
HOSTS = 'job="$job",instance=~"$instance"'
WINDOW = "$__rate_interval"
"""Grafana's: long enough for four scrapes, and longer where more time is shown."""
_SOURCE = DataSourceRef(type_val="prometheus", uid="${datasource}")
_UNITS: Mapping[Unit, str] = {
    "count": "short",
    "per minute": "short",
    "per second": "short",
    "seconds": "s",
    "ratio": "percentunit",
    "load": "percentunit",
    "celsius": "celsius",
    "days": "d",
    "usd": "currencyUSD",
}


def grafana_json(*, stack: str, alarms: Sequence[Alarm], prices: Prices | None, publisher: bool = True) -> str:
    """The text of the dashboard, as Grafana imports or is provisioned with it.

    ``alarms`` give the limits; without ``prices`` there is no word of costs; ``publisher``: see ``Asked``. Above the
    panels one picks the data source, the scraping job (at first that of the rules) and, of its hosts, some or all.
    """
    asked = Asked(hosts=HOSTS, window=WINDOW, prices=prices, publisher=publisher)
    job = VariableOption(selected=True, text=job_name(stack), value=job_name(stack))
    every = VariableOption(selected=True, text=["All"], value=["$__all"])
    board = (
        Dashboard(f"vLLM {stack}")
        .uid(re.sub(r"[^A-Za-z0-9_-]", "-", f"vllm-{stack}")[:_UID_MAX_LENGTH])
        .tags(["vllm"])
        .time("now-3h", "now")
        .refresh("1m")
        .tooltip(DashboardCursorSync.CROSSHAIR)
        .with_variable(DatasourceVariable("datasource").label("Prometheus").type("prometheus"))
        .with_variable(_choice("job", "label_values(up, job)").current(job))
        .with_variable(
            _choice("instance", 'label_values(up{job="$job"}, instance)')
            .include_all(True)
            .all_value(".*")
            .multi(True)
            .current(every)
        )
        .with_panel(_alerts(stack))
    )
    for section in SECTIONS:
        drawn = [shown for panel in section.panels if (shown := _panel(panel, alarms=alarms, asked=asked))]
        if drawn:
            board = board.with_row(Row(section.question))
        for panel in drawn:
            board = board.with_panel(panel)
    return json.dumps(_finished(json.loads(JSONEncoder().encode(board.build()))), indent=2) + "\n"


def _choice(name: str, query: str) -> QueryVariable:
    return QueryVariable(name).datasource(_SOURCE).query(query).refresh(VariableRefresh.ON_TIME_RANGE_CHANGED)


def _alerts(stack: str) -> StateTimeline:
    """What CloudWatch shows as its alarms: one bar for each that rang in the time shown."""
    ringing = f'max by (alertname, severity) (ALERTS{{alertstate="firing",stack="{stack}"}})'
    return (
        StateTimeline()
        .title("Alerts that ring")
        .datasource(_SOURCE)
        .height(_ALERTS_HEIGHT)
        .span(GRID_WIDTH)
        .no_value("none")
        .show_value(common.VisibilityMode.NEVER)
        .thresholds(_steps([Threshold(value=None, color="red")]))
        .legend(VizLegendOptions().show_legend(False))
        .with_target(_query(ringing, label="{{alertname}} ({{severity}})", index=0))
    )


def _panel(panel: Panel, *, alarms: Sequence[Alarm], asked: Asked) -> Timeseries | None:
    """None where Prometheus knows nothing of it."""
    queries = [(line, text) for line in panel.lines if (text := promql(line, asked)) is not None]
    if not queries:
        return None
    drawn = (
        Timeseries()
        .title(panel.title)
        .datasource(_SOURCE)
        .unit(_UNITS[panel.unit])
        .min(0)
        .height(PANEL_HEIGHT)
        .span(PANEL_WIDTH)
        .fill_opacity(10)
        .show_points(common.VisibilityMode.NEVER)
        .tooltip(VizTooltipOptions().mode(common.TooltipDisplayMode.MULTI))
        .legend(
            VizLegendOptions()
            .display_mode(common.LegendDisplayMode.LIST)
            .placement(common.LegendPlacement.BOTTOM)
            .show_legend(True)
        )
    )
    if panel.unit == "ratio":
        drawn = drawn.max(1)
    if panel.unit.startswith("per "):
        drawn = drawn.axis_label(panel.unit)
    for index, (line, text) in enumerate(queries):
        drawn = drawn.with_target(_query(text, label=line.label, index=index))
    return _with_limits(drawn, limits([line for line, _ in queries], alarms))


def _with_limits(panel: Timeseries, marks: Sequence[Limit]) -> Timeseries:
    if not marks:
        return panel
    steps = [Threshold(value=None, color="transparent")]
    steps += [Threshold(value=mark.value, color="red") for mark in sorted(marks, key=lambda mark: mark.value)]
    lines = GraphThresholdsStyleConfig().mode(common.GraphThresholdsStyleMode.DASHED)
    where = ", ".join(f"{mark.alarm} at {mark.value:g}" for mark in marks)
    return panel.thresholds(_steps(steps)).thresholds_style(lines).description(f"Dashed: {where} (docs/runbook.md)")


def _steps(steps: list[Threshold]) -> ThresholdsConfig:
    return ThresholdsConfig().mode(ThresholdsMode.ABSOLUTE).steps(steps)


def _query(text: str, *, label: str, index: int) -> Dataquery:
    return Dataquery().expr(text).legend_format(label).ref_id(chr(ord("A") + index)).datasource(_SOURCE).range()


def _finished(model: dict[str, Any]) -> dict[str, Any]:
    """Numbers the panels, else each import gives them other ones and links to them break; takes out three fields of
    variables that the builders write and Grafana's own types of that version lack."""
    panels = [{**panel, "id": number} for number, panel in enumerate(model["panels"], start=1)]
    unknown = ("auto", "auto_min", "auto_count")
    variables = [
        {name: value for name, value in variable.items() if name not in unknown}
        for variable in model["templating"]["list"]
    ]
    return {**model, "templating": {"list": variables}, "panels": panels}
