"""docs/runbook.md, made from the table: ``python -m monitoring.runbook`` writes it, a test says when it is stale."""

from __future__ import annotations

from pathlib import Path

from monitoring.conditions import EventCondition, MetricCondition, Share
from monitoring.table import WATCHES, Watch

PATH = Path(__file__).parent.parent / "docs" / "runbook.md"

_HEAD = """# Runbook

One entry per alarm. Made from `monitoring/table.py` by `python -m monitoring.runbook`; edit the table, not this page.
Messages arrive at the SNS topic of the output `alarm_topic_arn`. Thresholds change with
`vllm:monitoring.thresholds`, a map from the names below to a number.
"""


def render() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(_entry(watch) for watch in WATCHES)])


def _entry(watch: Watch) -> str:
    return f"""## {watch.id}

**{watch.severity}**. {watch.why}

- Rings when: {_condition(watch.condition)}.
- First: {watch.first_action}
"""


def _condition(condition: MetricCondition | EventCondition) -> str:
    if isinstance(condition, EventCondition):
        return f'`{condition.source}` sends "{condition.detail_type}" for the stack\'s group'
    metric = condition.metric
    word = "above" if condition.comparison == "GreaterThanThreshold" else "below"
    no_data = "; no data counts as bad" if condition.missing == "breaching" else ""
    measured = f"`{metric.namespace}` `{metric.name}` ({metric.unit}, {metric.statistic} per {condition.period_s} s)"
    limit = f"{word} {_amount(condition.threshold)} for {_amount(condition.lasts_s)} seconds"
    return f"{measured} is {limit}{no_data}"


def _amount(value: float | Share) -> str:
    if isinstance(value, Share):
        of = f"the plan's `{value.of}`"
        return of if value.share == 1 else f"{value.share:g} x {of}"
    return f"{value:g}"


if __name__ == "__main__":
    PATH.write_text(render())
