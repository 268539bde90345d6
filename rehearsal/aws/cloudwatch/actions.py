"""What an alarm does when its state changes: a message to its SNS topics, and a line in its history.

User guide, "Notifying users on alarm changes": subject and JSON body of the message as CloudWatch sends it to e-mail
addresses. DescribeAlarmHistory has an item of the kind Action for each action, also for one that failed. "Alarm
actions": "If an alarm's action is an Auto Scaling action, the alarm continues to invoke the action once per minute that
the alarm remains in the new state"; others happen when the state changes. Actions other than topics and scaling
policies are recorded as failed: the emulator carries none out. Topic policies are not looked at; the policy of a key
that a topic is encrypted with is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core.exceptions import ServiceException
from moto.sns.models import sns_backends

from rehearsal.aws.cloudwatch.state import State
from rehearsal.aws.patch import kept
from rehearsal.aws.scaling import Breach, execute, policy_by_arn
from rehearsal.aws.topic_keys import ALARMS, refusal
from rehearsal.aws.world import World

VALUE = "_rehearsal_value"  # of an alarm: the newest data point that it was judged by
_SUBJECT_MAX_LENGTH = 99


@dataclass(frozen=True, kw_only=True)
class Message:
    """What subscribers of a topic got. ``body`` is the text; that of an alarm is JSON."""

    topic_arn: str
    subject: str
    body: str


def messages() -> tuple[Message, ...]:
    """Everything that was published to any topic, per topic in its order."""
    return tuple(
        Message(topic_arn=topic.arn, subject=sent[2] or "", body=sent[1])
        for account in sns_backends.values()
        for backend in account.values()
        for topic in backend.topics.values()
        for sent in topic.sent_notifications
    )


def act(backend: Any, alarm: Any, *, before: State, now: datetime) -> None:
    """Carry out what the alarm does in the state that it is in now."""
    if not alarm.actions_enabled:
        return
    by_state = {
        "ALARM": alarm.alarm_actions,
        "OK": alarm.ok_actions,
        "INSUFFICIENT_DATA": alarm.insufficient_data_actions,
    }
    for arn in by_state[alarm.state_value]:
        failure = _carry_out(backend, alarm, arn, before=before, now=now)
        told = f"Failed to execute action {arn}: {failure}" if failure else f"Successfully executed action {arn}"
        outcome = {"actionState": "Failed" if failure else "Succeeded", "notificationResource": arn}
        record(backend, alarm, kind="Action", summary=told, data=outcome, now=now)


def record(backend: Any, alarm: Any, *, kind: str, summary: str, data: Mapping[str, Any], now: datetime) -> None:
    """One item of the alarm's history."""
    history_of(backend).append(
        {
            "AlarmName": alarm.name,
            "AlarmType": "CompositeAlarm" if alarm.rule is not None else "MetricAlarm",
            "Timestamp": now,
            "HistoryItemType": kind,
            "HistorySummary": summary,
            "HistoryData": json.dumps(data),
        }
    )


def history_of(backend: Any) -> list[dict[str, Any]]:
    """Oldest first; the list itself. It outlives its alarms, as on AWS."""
    items: list[dict[str, Any]] = kept(backend, "alarm_history").setdefault("items", [])
    return items


def act_again(backend: Any, alarm: Any, *, now: datetime) -> None:
    """What happens each minute in which the alarm stays in ALARM: scaling policies are executed."""
    for arn in alarm.alarm_actions if alarm.actions_enabled else ():
        if _service(arn) == "autoscaling":
            _carry_out(backend, alarm, arn, before="ALARM", now=now)


def _service(arn: str) -> str:
    return arn.split(":")[2]


def _carry_out(backend: Any, alarm: Any, arn: str, *, before: State, now: datetime) -> str:
    """Why it did not work; empty when it did."""
    if _service(arn) == "sns":
        return _publish(backend, alarm, arn, before=before, now=now)
    if _service(arn) != "autoscaling":
        return "the emulator has no such action"
    policy = policy_by_arn(arn)
    if policy is None:
        return "there is no such scaling policy"
    breach = Breach(alarm=alarm.name, threshold=float(alarm.threshold), value=alarm.__dict__.get(VALUE))
    return execute(policy, breach, World.running().settings)


def _publish(backend: Any, alarm: Any, arn: str, *, before: State, now: datetime) -> str:
    _, _, _, region, account, *_ = arn.split(":")
    subject = f'{alarm.state_value}: "{alarm.name}" in {region}'
    body = json.dumps(_body(backend, alarm, before=before, now=now))
    topic = sns_backends[account][region].topics.get(arn)
    refused = refusal(service=ALARMS, topic_arn=arn, key_id=topic.kms_master_key_id if topic else None)
    if refused:
        return refused
    try:
        sns_backends[account][region].publish(body, arn, subject=subject[:_SUBJECT_MAX_LENGTH])
    except ServiceException as error:
        return str(error)
    return ""


def _body(backend: Any, alarm: Any, *, before: State, now: datetime) -> dict[str, Any]:
    body = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": backend.account_id,
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": now.isoformat(timespec="milliseconds"),
        "Region": backend.region_name,
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
    }
    if alarm.rule is not None:
        return body | {"AlarmRule": alarm.rule}
    trigger = {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        "Statistic": alarm.statistic or alarm.extended_statistic,
        "Dimensions": [{"name": each.name, "value": each.value} for each in alarm.dimensions],
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data or "missing",
    }
    return body | {"Trigger": trigger}
