"""Alarms, the topic they publish to, event rules and logs."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import shorten
from typing import Any

from rehearsal.inventory.model import Client, Section

_WORDS = 100  # characters of a rule's description
_SIGNS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}


def alarms_on(client: Client, *, topic_arn: str) -> tuple[Mapping[str, Any], ...]:
    """Metric alarms that publish to the topic, by name."""
    found = client("cloudwatch").describe_alarms()["MetricAlarms"]
    return tuple(
        sorted((a for a in found if topic_arn in a["AlarmActions"]), key=lambda alarm: str(alarm["AlarmName"]))
    )


def alarms(client: Client, *, topic_arn: str) -> Section:
    rows = [(alarm["AlarmName"], _condition(alarm)) for alarm in alarms_on(client, topic_arn=topic_arn)]
    events = client("events")
    for rule in events.list_rules()["Rules"]:
        targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        if any(target["Arn"] == topic_arn for target in targets):
            rows.append((rule["Name"], shorten(rule.get("Description") or "event rule", width=_WORDS)))
    return Section(title="Alarms", rows=tuple(rows))


def notifications(client: Client, *, topic_arn: str, log_group: str) -> Section:
    subscriptions = client("sns").list_subscriptions_by_topic(TopicArn=topic_arn)["Subscriptions"]
    told = ", ".join(f"{item['Protocol']} {item['Endpoint']}" for item in subscriptions)
    groups = client("logs").describe_log_groups(logGroupNamePrefix=log_group)["logGroups"]
    kept = groups[0].get("retentionInDays", "no limit") if groups else "missing"
    return Section(
        title="Notifications and logs",
        rows=(
            ("topic", topic_arn),
            ("told", told or "nobody: set vllm:monitoring.notify"),
            ("log group", f"{log_group}, {kept} days"),
        ),
    )


def _condition(alarm: Mapping[str, Any]) -> str:
    metrics = [
        item.get("Expression") or item["MetricStat"]["Metric"]["MetricName"] for item in alarm.get("Metrics", [])
    ]
    what = alarm.get("MetricName") or "; ".join(metrics)
    sign = _SIGNS.get(alarm["ComparisonOperator"], alarm["ComparisonOperator"])
    period = alarm.get("Period") or next(
        (item["MetricStat"]["Period"] for item in alarm.get("Metrics", []) if "MetricStat" in item), 0
    )
    counted = f"{alarm.get('DatapointsToAlarm', alarm['EvaluationPeriods'])} of {alarm['EvaluationPeriods']}"
    return f"{what} {sign} {alarm['Threshold']:g} for {counted} x {period} s"
