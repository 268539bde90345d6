from __future__ import annotations

from components.aws.fleet import GROUP_METRICS
from monitoring.conditions import MetricCondition
from monitoring.lines import Aws
from monitoring.panels import PANELS
from monitoring.table import WATCHES


def test_each_group_metric_that_is_watched_is_switched_on() -> None:
    """Auto Scaling publishes group metrics only when asked; an alarm on another one would never fire."""
    watched = [
        metric
        for watch in WATCHES
        if isinstance(watch.condition, MetricCondition)
        for metric in watch.condition.metrics
    ]
    watched += [line.metric for panel in PANELS for line in panel.lines if isinstance(line, Aws)]
    names = {metric.name for metric in watched if metric.namespace == "AWS/AutoScaling"}
    assert names
    assert names <= {metric.value for metric in GROUP_METRICS}
