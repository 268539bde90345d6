"""A topic under a key whose policy does not name who publishes stays silent."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from components.aws.key_policy import KeyScope, key_policy
from rehearsal.aws.server import EmulatedAws

POLICY = key_policy(KeyScope(region="us-east-1", account="123456789012", partition="aws"))
EVENT = {"Source": "mine", "DetailType": "Launch", "Detail": "{}"}


@pytest.fixture
def aws() -> Iterator[EmulatedAws]:
    with EmulatedAws() as running:
        yield running


def without(sid: str) -> dict[str, Any]:
    return {**POLICY, "Statement": [item for item in POLICY["Statement"] if item["Sid"] != sid]}


def with_condition(sid: str, condition: dict[str, Any]) -> dict[str, Any]:
    changed = copy.deepcopy(POLICY)
    (statement,) = [item for item in changed["Statement"] if item["Sid"] == sid]
    statement["Condition"] = condition
    return changed


def topic_under(aws: EmulatedAws, key_id: str) -> str:
    arn: str = aws.client("sns").create_topic(Name="alarms", Attributes={"KmsMasterKeyId": key_id})["TopicArn"]
    return arn


def a_key(aws: EmulatedAws, policy: dict[str, Any]) -> str:
    arn: str = aws.client("kms").create_key(Policy=json.dumps(policy))["KeyMetadata"]["Arn"]
    return arn


def ring(aws: EmulatedAws, topic_arn: str) -> None:
    alarms = aws.client("cloudwatch")
    alarms.put_metric_alarm(
        AlarmName="a",
        Namespace="n",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[topic_arn],
    )
    alarms.set_alarm_state(AlarmName="a", StateValue="ALARM", StateReason="a test")


def send(aws: EmulatedAws, topic_arn: str) -> None:
    events = aws.client("events")
    events.put_rule(Name="r", EventPattern=json.dumps({"source": ["mine"]}))
    transformer = {"InputPathsMap": {}, "InputTemplate": '"it happened"'}
    events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": topic_arn, "InputTransformer": transformer}])
    events.put_events(Entries=[EVENT])


@pytest.mark.parametrize("publish", [ring, send])
def test_the_policy_of_the_stacks_own_key_lets_alarms_and_events_through(
    aws: EmulatedAws, publish: Callable[[EmulatedAws, str], None]
) -> None:
    publish(aws, topic_under(aws, a_key(aws, POLICY)))
    assert len(aws.messages) == 1


@pytest.mark.parametrize(
    ("publish", "policy"),
    [
        (ring, without("Alarms")),
        (ring, with_condition("Alarms", {"StringEquals": {"aws:SourceAccount": "999999999999"}})),
        (send, without("Events")),
        (send, with_condition("Events", {"StringEquals": {"aws:SourceAccount": "123456789012"}})),
    ],
)
def test_a_key_without_the_grant_makes_the_topic_silent(
    aws: EmulatedAws, publish: Callable[[EmulatedAws, str], None], policy: dict[str, Any]
) -> None:
    publish(aws, topic_under(aws, a_key(aws, policy)))
    assert aws.messages == ()


def test_an_alarm_says_in_its_history_what_it_lacks(aws: EmulatedAws) -> None:
    ring(aws, topic_under(aws, "alias/aws/sns"))
    items = aws.client("cloudwatch").describe_alarm_history(AlarmName="a", HistoryItemType="Action")
    (told,) = [item["HistorySummary"] for item in items["AlarmHistoryItems"]]
    assert "kms:Decrypt and kms:GenerateDataKey" in told
    assert aws.messages == ()
