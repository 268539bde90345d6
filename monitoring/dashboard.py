"""The stack's dashboard as the JSON body that CloudWatch takes. Pure.

Format: "Dashboard body structure and syntax" (Amazon CloudWatch API reference).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from monitoring.conditions import Metric, Scope
from monitoring.table import (
    ELB_5XX,
    HEALTHY_HOSTS,
    IN_SERVICE,
    PENDING,
    REQUESTS,
    RESPONSE_TIME,
    TARGET_5XX,
    UNHEALTHY_HOSTS,
)

GRID_WIDTH = 24
_PANEL_WIDTH = 8
_PANEL_HEIGHT = 6
_ALARMS_HEIGHT = 3


@dataclass(frozen=True, kw_only=True)
class Panel:
    title: str
    metrics: Sequence[Metric]


PANELS: Sequence[Panel] = (
    Panel(title="Requests per minute", metrics=(REQUESTS,)),
    Panel(title="Time to the first byte, p95", metrics=(RESPONSE_TIME,)),
    Panel(title="Errors per minute", metrics=(TARGET_5XX, ELB_5XX)),
    Panel(title="Hosts at the load balancer", metrics=(HEALTHY_HOSTS, UNHEALTHY_HOSTS)),
    Panel(title="Hosts in the group", metrics=(IN_SERVICE, PENDING)),
)


@dataclass(frozen=True, kw_only=True)
class Identifiers:
    """What CloudWatch calls the stack's load balancer, target group and Auto Scaling group."""

    load_balancer: str
    target_group: str
    group: str

    def dimensions(self, scope: Scope) -> Mapping[str, str]:
        """The dimensions of a metric of that scope, in the order that AWS documents."""
        if scope == "group":
            return {"AutoScalingGroupName": self.group}
        if scope == "target_group":
            return {"TargetGroup": self.target_group, "LoadBalancer": self.load_balancer}
        return {"LoadBalancer": self.load_balancer}


def dashboard_body(*, stack: str, region: str, identifiers: Identifiers, alarm_arns: Sequence[str]) -> dict[str, Any]:
    """The alarms on top, then the panels, three in a row."""
    status = {
        "type": "alarm",
        "x": 0,
        "y": 0,
        "width": GRID_WIDTH,
        "height": _ALARMS_HEIGHT,
        "properties": {"title": f"vLLM {stack}: alarms", "alarms": list(alarm_arns)},
    }
    panels = [_panel(panel, index=index, region=region, identifiers=identifiers) for index, panel in enumerate(PANELS)]
    return {"widgets": [status, *panels]}


def _panel(panel: Panel, *, index: int, region: str, identifiers: Identifiers) -> dict[str, Any]:
    in_a_row = GRID_WIDTH // _PANEL_WIDTH
    return {
        "type": "metric",
        "x": index % in_a_row * _PANEL_WIDTH,
        "y": _ALARMS_HEIGHT + index // in_a_row * _PANEL_HEIGHT,
        "width": _PANEL_WIDTH,
        "height": _PANEL_HEIGHT,
        "properties": {
            "title": panel.title,
            "view": "timeSeries",
            "region": region,
            "period": 60,
            "metrics": [_series(metric, identifiers=identifiers) for metric in panel.metrics],
        },
    }


def _series(metric: Metric, *, identifiers: Identifiers) -> list[Any]:
    pairs = [text for pair in identifiers.dimensions(metric.scope).items() for text in pair]
    return [metric.namespace, metric.name, *pairs, {"stat": metric.statistic, "label": metric.name}]
