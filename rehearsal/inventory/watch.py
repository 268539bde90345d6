"""Alarms, the topic they publish to, event rules, logs, and the Prometheus of AWS."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from textwrap import shorten
from typing import Any

import yaml

from rehearsal.inventory.model import Client, Section

_WORDS = 100  # characters of a rule's description
_SIGNS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}
_PART = re.compile(r'ALARM\("([^"]+)"\)')
_TOPIC = re.compile(r"topic_arn: *(\S+)")


@dataclass(frozen=True, kw_only=True)
class Armed:
    """The alarms of one topic by name: composites that publish to it, and metric alarms that do or that one of these
    speaks for."""

    metric: tuple[Mapping[str, Any], ...]
    composite: tuple[Mapping[str, Any], ...]

    def speakers(self, name: str) -> str:
        """Who tells of a metric alarm that tells nobody itself."""
        return ", ".join(each["AlarmName"] for each in self.composite if name in _parts(each))


def alarms_on(client: Client, *, topic_arn: str) -> Armed:
    found = client("cloudwatch").describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    composite = [each for each in found["CompositeAlarms"] if topic_arn in each["AlarmActions"]]
    spoken_for = {name for each in composite for name in _parts(each)}
    metric = [
        each for each in found["MetricAlarms"] if topic_arn in each["AlarmActions"] or each["AlarmName"] in spoken_for
    ]
    return Armed(metric=_by_name(metric), composite=_by_name(composite))


def alarms(client: Client, *, topic_arn: str) -> Section:
    armed = alarms_on(client, topic_arn=topic_arn)
    rows = [(alarm["AlarmName"], _condition(alarm) + _told_by(alarm, armed)) for alarm in armed.metric]
    rows += [(alarm["AlarmName"], _made_of(alarm)) for alarm in armed.composite]
    events = client("events")
    for rule in events.list_rules()["Rules"]:
        targets = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        if any(target["Arn"] == topic_arn for target in targets):
            rows.append((rule["Name"], shorten(rule.get("Description") or "event rule", width=_WORDS)))
    return Section(title="Alarms", rows=tuple(rows))


def prometheus(client: Client, *, endpoint: str) -> Section:
    """The workspace behind ``endpoint`` (.../workspaces/ID/): its rules, and whom its alerts reach."""
    amp, workspace_id = client("amp"), endpoint.rstrip("/").rpartition("/")[2]
    held = amp.describe_workspace(workspaceId=workspace_id)["workspace"]
    definition = amp.describe_alert_manager_definition(workspaceId=workspace_id)["alertManagerDefinition"]["data"]
    rows = [("workspace", f"{held['alias']}, {workspace_id}"), ("remote write", f"{endpoint}api/v1/remote_write")]
    for listed in amp.list_rule_groups_namespaces(workspaceId=workspace_id)["ruleGroupsNamespaces"]:
        data = amp.describe_rule_groups_namespace(workspaceId=workspace_id, name=listed["name"])
        groups = yaml.safe_load(data["ruleGroupsNamespace"]["data"])["groups"]
        count = sum(len(group["rules"]) for group in groups)
        rows.append((f"rules {listed['name']}", f"{count} in {len(groups)} groups"))
    rows += [("alerts go to", arn) for arn in sorted(set(_TOPIC.findall(definition.decode())))]
    return Section(title="Prometheus", rows=tuple(rows))


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


def _told_by(alarm: Mapping[str, Any], armed: Armed) -> str:
    return "" if alarm["AlarmActions"] else f", told by {armed.speakers(alarm['AlarmName'])}"


def _made_of(alarm: Mapping[str, Any]) -> str:
    held = f", held back while {alarm['ActionsSuppressor']} rings" if alarm.get("ActionsSuppressor") else ""
    return f"{' or '.join(_parts(alarm))}{held}"


def _parts(composite: Mapping[str, Any]) -> list[str]:
    return _PART.findall(composite["AlarmRule"])


def _by_name(alarms: Iterable[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    return tuple(sorted(alarms, key=lambda alarm: str(alarm["AlarmName"])))
