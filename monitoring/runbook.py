"""docs/runbook.md, made from the table: ``python -m monitoring.runbook`` writes it, a test says when it is stale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from monitoring.composites import SUPPRESSOR_WAIT_S
from monitoring.conditions import (
    AnyOf,
    AwsOnly,
    Comparison,
    Condition,
    EventCondition,
    Measured,
    Metric,
    Missing,
    Share,
    Twin,
    Watch,
)
from monitoring.promql import measure_of
from monitoring.table import WATCHES, speaker_of

PATH = Path(__file__).parent.parent / "docs" / "runbook.md"
_JOB = "vllm-STACK"

_HEAD = f"""# Runbook

One entry per alarm. Made from `monitoring/table/` by `python -m monitoring.runbook`; edit the table, not this page.
Messages arrive at the SNS topic of the output `alarm_topic_arn`. Thresholds change with
`vllm:monitoring.thresholds`, a map from the names below to a number. `python -m ops alarms list` shows the states,
`python -m ops alarms test` sends a message on its way; `python -m ops rules` prints the same alarms for a Prometheus of
your own.

While `service-down` rings, and for {SUPPRESSOR_WAIT_S} seconds after, what follows from it tells nobody: its alarms
change their states all the same. They wait {SUPPRESSOR_WAIT_S} seconds for it before they speak.
"""
_SIGNALS = """## Signals

Alarms that tell nobody: CloudWatch has them beside the others, Auto Scaling acts on them, and nothing is to be done
when they ring. A stack has those that its `vllm:scaling` needs. `python -m ops alarms list` leaves them out.

- `scale-out` adds replicas (AWS names it itself): for three minutes they were fuller than `scaling.target` on average.
- `scale-in` takes one away: for the plan's `low_for_s` the others would have stayed below 90 % of the target without.
- `to-zero` ends the last one, where the minimum is 0: for `scaling.idleMinutes` replicas served and nobody asked.
- `wake-up` starts one, where the minimum is 0: a request was refused because nothing runs.
"""
_WORDS: Mapping[Comparison, str] = {
    "GreaterThanThreshold": "above",
    "GreaterThanOrEqualToThreshold": "at least",
    "LessThanThreshold": "below",
    "LessThanOrEqualToThreshold": "at most",
}
_NO_DATA: Mapping[Missing, str] = {
    "breaching": "; no data counts as bad",
    "notBreaching": "",
    "ignore": "; no data changes nothing",
}


def render() -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(_entry(watch) for watch in WATCHES), _SIGNALS])


def _entry(watch: Watch) -> str:
    lines = [
        f"- Rings when: {_condition(watch.condition)}.",
        *([f"- In Prometheus: {text}."] if (text := _prometheus(watch)) else []),
        *_moved(watch),
        *([f"- {text}."] if (text := _teller(watch)) else []),
        *(["- Only of an endpoint with a certificate."] if watch.needs_certificate else []),
        f"- First: {watch.first_action}",
    ]
    return f"## {watch.id}\n\n**{watch.severity}**. {watch.why}\n\n" + "\n".join(lines) + "\n"


def _condition(condition: Condition) -> str:
    if isinstance(condition, AnyOf):
        return " or ".join(f"`{id_}`" for id_ in condition.ids) + " rings"
    if isinstance(condition, EventCondition):
        unless = f", unless the cause holds {_either(condition.unless)}" if condition.unless else ""
        return f'`{condition.source}` sends "{condition.detail_type}" for the stack\'s group{unless}'
    metric = condition.metric
    word = _WORDS[condition.comparison]
    no_data = _NO_DATA[condition.missing]
    measured = _measured(metric, period_s=condition.period_s)
    limit = f"{word} {_amount(condition.threshold)} for {_amount(condition.lasts_s)} seconds"
    return f"{measured} is {limit}{no_data}"


def _moved(watch: Watch) -> list[str]:
    """Where the least number of replicas is 0 or changes by the hour."""
    if watch.moving is None:
        return []
    rings = f"- With `vllm:scaling.min: 0` or schedules it rings when: {_condition(watch.moving.condition)}."
    differs = watch.moving.prometheus != watch.prometheus
    return [rings, *([f"- In Prometheus then: {_prometheus(watch.moved)}."] if differs else [])]


def _measured(metric: Measured, *, period_s: int) -> str:
    if isinstance(metric, Metric):
        return f"`{metric.namespace}` `{metric.name}` ({metric.unit}; {metric.statistic} per {period_s} s)"
    terms = (f"`{name}`: {_measured(term, period_s=period_s)}" for name, term in metric.terms.items())
    return f"`{metric.expression}` ({metric.unit}; with {', '.join(terms)})"


def _prometheus(watch: Watch) -> str:
    if isinstance(watch.prometheus, AwsOnly):
        return f"not there, because {watch.prometheus.reason}"
    measure = measure_of(watch, job=_JOB)
    if measure is None:
        return ""
    return f"`{measure}`" + (", with the same limit and time" if isinstance(watch.prometheus, Twin) else "")


def _teller(watch: Watch) -> str:
    if watch.consequence_of is not None:
        return f"Tells nobody while `{watch.consequence_of}` rings"
    speaker = speaker_of(watch)
    return f"`{speaker}` tells of it" if speaker else ""


def _either(texts: Sequence[str]) -> str:
    return " or ".join(f'"{text}"' for text in texts)


def _amount(value: float | Share) -> str:
    if not isinstance(value, Share):
        return f"{value:g}"
    of = f"the plan's `{value.of}`"
    share = of if value.share == 1 else f"{value.share:g} x {of}"
    return f"{share} + {value.more:g}" if value.more else share


if __name__ == "__main__":
    PATH.write_text(render(), encoding="utf-8")
