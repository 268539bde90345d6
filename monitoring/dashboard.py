"""The stack's dashboard as the JSON body that CloudWatch takes. Pure.

Formats: "Dashboard body structure and syntax" (Amazon CloudWatch API reference), "Using metric math" (user guide).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

from monitoring.alarms import Alarm
from monitoring.conditions import Metric
from monitoring.identifiers import Identifiers
from monitoring.limits import ADD_UP, limits, metric_of
from monitoring.lines import ANSWER_TOKENS, USD_PER_MILLION, Hosts, Line, Prices, Scrape, Spent, published_as
from monitoring.panels import SECTIONS, Panel, Section, Unit
from monitoring.promql import number
from monitoring.table.metrics import IN_SERVICE

GRID_WIDTH = 24
PANEL_WIDTH = 6
PANEL_HEIGHT = 6
_ALARMS_HEIGHT = 3
_QUESTION_HEIGHT = 1
_PERIOD_S = 60  # as often as hosts publish; CloudWatch takes a longer one where more time is shown
_AXES: Mapping[Unit, Mapping[str, Any]] = {
    "count": {"min": 0},
    "per minute": {"min": 0, "label": "per minute"},
    "per second": {"min": 0, "label": "per second"},
    "seconds": {"min": 0, "label": "seconds"},
    "ratio": {"min": 0, "max": 1},
    "load": {"min": 0, "label": "1: what is planned at once"},
    "celsius": {"min": 0, "label": "°C"},
    "days": {"min": 0},
    "usd": {"min": 0, "label": "USD"},
}


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What the widgets of one stack share; ``alarms`` give the limits, without ``prices`` there is no word of costs."""

    region: str
    identifiers: Identifiers
    alarms: Sequence[Alarm]
    prices: Prices | None


def dashboard_body(drawn: Drawn, *, alarm_arns: Sequence[str]) -> dict[str, Any]:
    """The alarms on top, then each question with its panels, four in a row."""
    status = {
        "type": "alarm",
        **_place(x=0, y=0, width=GRID_WIDTH, height=_ALARMS_HEIGHT),
        "properties": {"title": f"vLLM {drawn.identifiers.stack}: alarms", "alarms": list(alarm_arns)},
    }
    widgets, y = [status], _ALARMS_HEIGHT
    for section in SECTIONS:
        placed, y = _section(section, y=y, drawn=drawn)
        widgets += placed
    return {"widgets": widgets}


def _section(section: Section, *, y: int, drawn: Drawn) -> tuple[list[dict[str, Any]], int]:
    """The widgets of one question, and where the next begins; nothing for one that nothing answers."""
    shown = [(panel, rows) for panel in section.panels if (rows := _rows(panel, drawn=drawn))]
    if not shown:
        return [], y
    question = {
        "type": "text",
        **_place(x=0, y=y, width=GRID_WIDTH, height=_QUESTION_HEIGHT),
        "properties": {"markdown": f"## {section.question}", "background": "transparent"},
    }
    in_a_row, top = GRID_WIDTH // PANEL_WIDTH, y + _QUESTION_HEIGHT
    places = [
        _place(
            x=index % in_a_row * PANEL_WIDTH,
            y=top + index // in_a_row * PANEL_HEIGHT,
            width=PANEL_WIDTH,
            height=PANEL_HEIGHT,
        )
        for index in range(len(shown))
    ]
    panels = [
        {"type": "metric", **place, "properties": _properties(panel, rows=rows, drawn=drawn)}
        for place, (panel, rows) in zip(places, shown, strict=True)
    ]
    return [question, *panels], top + -(-len(shown) // in_a_row) * PANEL_HEIGHT


def _place(*, x: int, y: int, width: int, height: int) -> dict[str, int]:
    return {"x": x, "y": y, "width": width, "height": height}


def _properties(panel: Panel, *, rows: list[list[Any]], drawn: Drawn) -> dict[str, Any]:
    marks = [{"label": limit.alarm, "value": limit.value} for limit in limits(panel.lines, drawn.alarms)]
    return {
        "title": panel.title,
        "view": "timeSeries",
        "region": drawn.region,
        "period": _PERIOD_S,
        "yAxis": {"left": {**_AXES[panel.unit], "showUnits": False}},
        "metrics": rows,
        **({"annotations": {"horizontal": marks}} if marks else {}),
    }


def _rows(panel: Panel, *, drawn: Drawn) -> list[list[Any]]:
    ids = count(1)
    return [row for line in panel.lines for row in _line(line, ids=ids, drawn=drawn)]


def _line(line: Line, *, ids: Iterator[int], drawn: Drawn) -> list[list[Any]]:
    if isinstance(line, Scrape):
        return []
    if isinstance(line, Spent):
        return _spent(line, ids=ids, drawn=drawn)
    metric = metric_of(line)
    if metric.scope == "certificate" and drawn.identifiers.certificate is None:
        return []
    if metric.statistic not in ADD_UP:
        return [_series(metric, drawn=drawn, label=line.label)]
    seconds = "" if isinstance(line, Hosts) and line.view == "per_second" else "60*"
    name = f"m{next(ids)}"
    # By the period that CloudWatch takes, so that the curve means the same whatever time is shown.
    formula = {"expression": f"{seconds}{name}/PERIOD({name})", "label": line.label, "id": f"e{name}"}
    return [_series(metric, drawn=drawn, id=name, visible=False), [formula]]


def _spent(line: Spent, *, ids: Iterator[int], drawn: Drawn) -> list[list[Any]]:
    if drawn.prices is None:
        return []
    hosts, tokens = f"m{next(ids)}", f"m{next(ids)}"
    hourly = f"{hosts}*{number(drawn.prices.host)}+{number(drawn.prices.shared)}"
    rows = [_series(IN_SERVICE, drawn=drawn, id=hosts, visible=False)]
    if line.per == "hour":
        return [*rows, [{"expression": hourly, "label": line.label, "id": f"e{hosts}"}]]
    answered = metric_of(Hosts(label="", metric=published_as(ANSWER_TOKENS), view="per_second"))
    # Without a token there is no price of one: no point instead of one at infinity.
    price = f"IF({tokens}>0,({hourly})/({tokens}/PERIOD({tokens}))*{number(USD_PER_MILLION)})"
    return [
        *rows,
        _series(answered, drawn=drawn, id=tokens, visible=False),
        [{"expression": price, "label": line.label, "id": f"e{hosts}"}],
    ]


def _series(metric: Metric, *, drawn: Drawn, **options: Any) -> list[Any]:
    pairs = [text for pair in drawn.identifiers.dimensions(metric.scope).items() for text in pair]
    return [metric.namespace, metric.name, *pairs, {"stat": metric.statistic, **options}]
