from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from components.aws.fleet import GROUP_METRICS, MIN_HEALTHY_PERCENT, surge_percent
from monitoring.conditions import MetricCondition
from monitoring.lines import Aws
from monitoring.panels import PANELS
from monitoring.table import WATCHES

replicas = st.integers(min_value=1, max_value=1000)


def allowed(*, desired: int, percent: int) -> int:
    """Hosts that may run at once, rounded up, which is the unfavourable way for the spare cache slots."""
    return -(-desired * percent // 100)


@given(desired=replicas, extra=st.integers(min_value=0, max_value=999))
def test_a_replacement_never_needs_more_than_the_one_spare_slot(desired: int, extra: int) -> None:
    percent = surge_percent(max_replicas=desired + extra)
    assert allowed(desired=desired, percent=percent) <= desired + 1


@given(max_replicas=replicas)
def test_percentages_are_ones_that_auto_scaling_takes(max_replicas: int) -> None:
    percent = surge_percent(max_replicas=max_replicas)
    assert 100 <= percent <= 200
    assert percent - MIN_HEALTHY_PERCENT <= 100


def test_one_replica_is_replaced_without_a_gap() -> None:
    assert allowed(desired=1, percent=surge_percent(max_replicas=1)) == 2


def test_each_group_metric_that_is_watched_is_switched_on() -> None:
    """Auto Scaling publishes group metrics only when asked; an alarm on another one would never fire."""
    watched = [watch.condition.metric for watch in WATCHES if isinstance(watch.condition, MetricCondition)]
    watched += [line.metric for panel in PANELS for line in panel.lines if isinstance(line, Aws)]
    names = {metric.name for metric in watched if metric.namespace == "AWS/AutoScaling"}
    assert names
    assert names <= {metric.value for metric in GROUP_METRICS}
