"""The table as a rule file of Prometheus, and what Alertmanager must know of it. Pure.

CloudWatch rings after so many bad periods in a row. A rule is evaluated once a minute and looks back one period itself
(``[5m]``), so the first bad evaluation is the first bad period, and ``for`` is what the others take: the time of the
condition less one period. With ``for`` as long as the whole time it would ring a period later than CloudWatch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from monitoring.alarms import watches_of
from monitoring.conditions import AnyOf, MetricCondition, Watch
from monitoring.facts import Facts
from monitoring.promql import OPERATORS, duration, job_name, measure_of, number
from monitoring.table import TOPICS, WATCHES, speaker_of
from monitoring.thresholds import periods, threshold_of

EVERY_S = 60  # a period of CloudWatch's
SCRAPE_LONGEST_S = 60  # five samples in the shortest range
METRICS_PORT = 9400
RUNBOOK = "docs/runbook.md"  # in messages, where nobody names another place
SILENCED_BY = "silenced_by"  # the label with the alarm that says it all

_HEAD = """\
# Alarms of the vLLM stack {stack}, the same as in CloudWatch. Made by `python -m ops rules`; do not edit.
# For a scraping job that has this stack's hosts alone, every {scrape_s} s or more often:
#   - job_name: {job}
#     static_configs: [{{targets: [HOST:{port}]}}]
# In Alertmanager, so that an outage is one message:
#   inhibit_rules: {inhibit}
"""


def rules_yaml(
    *, stack: str, facts: Facts, thresholds: Mapping[str, float], runbook_url: str, job: str | None = None
) -> str:
    """The whole file. ``thresholds`` (alarm id -> value) go before the table's; ``job``: another name than
    ``job_name``."""
    head = _HEAD.format(
        stack=stack,
        job=job or job_name(stack),
        scrape_s=SCRAPE_LONGEST_S,
        port=METRICS_PORT,
        inhibit=yaml.safe_dump(inhibit_rules(), default_flow_style=True, width=1000).strip(),
    )
    document = {"groups": groups(stack=stack, facts=facts, thresholds=thresholds, runbook_url=runbook_url, job=job)}
    return head + yaml.safe_dump(document, sort_keys=False, width=120, allow_unicode=True)


def groups(
    *, stack: str, facts: Facts, thresholds: Mapping[str, float], runbook_url: str, job: str | None = None
) -> list[dict[str, Any]]:
    """One group per topic. A rule on other alerts comes last in its group, which is evaluated in order."""
    rows = {watch.id: watch for watch in watches_of(facts)}
    found = []
    for topic, watches in TOPICS.items():
        here = sorted(
            (rows[watch.id] for watch in watches if watch.id in rows),
            key=lambda watch: isinstance(watch.condition, AnyOf),
        )
        rules = [
            {"alert": watch.id, **rule, **_texts(watch, stack=stack, runbook_url=runbook_url)}
            for watch in here
            for rule in _rule(watch, stack=stack, facts=facts, thresholds=thresholds, job=job or job_name(stack))
        ]
        found.append({"name": f"vllm-{stack}-{topic}", "interval": duration(EVERY_S), "rules": rules})
    return found


def inhibit_rules() -> list[dict[str, Any]]:
    """For Alertmanager's configuration: what an alarm that speaks for others holds back, within one stack."""
    return [
        {
            "source_matchers": [f'alertname="{watch.id}"'],
            "target_matchers": [f'{SILENCED_BY}="{watch.id}"'],
            "equal": ["stack"],
        }
        for watch in WATCHES
        if isinstance(watch.condition, AnyOf)
    ]


def _rule(
    watch: Watch, *, stack: str, facts: Facts, thresholds: Mapping[str, float], job: str
) -> Iterator[dict[str, str]]:
    condition = watch.condition
    if isinstance(condition, AnyOf):
        names = "|".join(condition.ids)
        yield {"expr": f'count(ALERTS{{alertname=~"{names}",alertstate="firing",stack="{stack}"}}) > 0'}
    measure = measure_of(watch, job=job)
    if measure is not None and isinstance(condition, MetricCondition):
        limit = number(threshold_of(watch, condition, facts=facts, given=thresholds))
        rest_s = (periods(condition, facts) - 1) * condition.period_s
        rule = {"expr": f"({measure}) {OPERATORS[condition.comparison]} {limit}"}
        yield rule | ({"for": duration(rest_s)} if rest_s else {})


def _texts(watch: Watch, *, stack: str, runbook_url: str) -> dict[str, Mapping[str, str]]:
    speaker = speaker_of(watch)
    return {
        "labels": {"severity": watch.severity, "stack": stack} | ({SILENCED_BY: speaker} if speaker else {}),
        "annotations": {
            "summary": f"[{stack}] {watch.why}",
            "description": f"First: {watch.first_action} Measured: {{{{ $value }}}}.",
            "runbook_url": f"{runbook_url}#{watch.id}",
        },
    }
