"""How alarms are shown: those that tell the topic, and those that another one speaks for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from rehearsal.aws.server import EmulatedAws
from rehearsal.inventory.everything import account_ids
from rehearsal.inventory.watch import alarms, alarms_on, prometheus

RULES = b"groups:\n- name: a\n  rules:\n  - {alert: A, expr: up == 0}\n  - {alert: B, expr: up == 0}\n"
DEFINITION = """alertmanager_config: |
  route: {receiver: topic}
  receivers:
  - name: topic
    sns_configs:
    - topic_arn: TOPIC
      sigv4: {region: us-east-1}
"""


@pytest.fixture
def aws() -> Iterator[EmulatedAws]:
    with EmulatedAws() as running:
        yield running


@pytest.fixture
def topic(aws: EmulatedAws) -> str:
    return str(aws.client("sns").create_topic(Name="alarms")["TopicArn"])


def metric_alarm(aws: EmulatedAws, name: str, *, tells: str | None = None) -> None:
    given: dict[str, Any] = {"Namespace": "vLLM", "MetricName": "Rejections", "Statistic": "Sum", "Period": 300}
    aws.client("cloudwatch").put_metric_alarm(
        AlarmName=name,
        EvaluationPeriods=2,
        Threshold=10,
        ComparisonOperator="GreaterThanThreshold",
        AlarmActions=[tells] if tells else [],
        **given,
    )


def test_alarms_and_who_speaks_for_them(aws: EmulatedAws, topic: str) -> None:
    metric_alarm(aws, "rejections", tells=topic)
    metric_alarm(aws, "errors")
    metric_alarm(aws, "of-another-stack")
    cloudwatch = aws.client("cloudwatch")
    cloudwatch.put_composite_alarm(AlarmName="down", AlarmRule='ALARM("rejections")', AlarmActions=[topic])
    cloudwatch.put_composite_alarm(
        AlarmName="errors-told",
        AlarmRule='ALARM("errors")',
        AlarmActions=[topic],
        ActionsSuppressor="down",
        ActionsSuppressorWaitPeriod=180,
        ActionsSuppressorExtensionPeriod=180,
    )
    assert dict(alarms(aws.client, topic_arn=topic).rows) == {
        "errors": "Rejections > 10 for 2 of 2 x 300 s, told by errors-told",
        "rejections": "Rejections > 10 for 2 of 2 x 300 s",
        "down": "rejections",
        "errors-told": "errors, held back while down rings",
    }
    armed = alarms_on(aws.client, topic_arn=topic)
    assert (len(armed.metric), len(armed.composite)) == (2, 2)
    assert {"errors", "down", "of-another-stack"} <= account_ids(aws.client)


def test_a_workspace_shows_rules_and_whom_it_tells(aws: EmulatedAws, topic: str) -> None:
    amp = aws.client("amp")
    workspace_id = amp.create_workspace(alias="vllm-dev", tags={"Stack": "dev"})["workspaceId"]
    amp.create_rule_groups_namespace(workspaceId=workspace_id, name="vllm", data=RULES)
    amp.create_alert_manager_definition(workspaceId=workspace_id, data=DEFINITION.replace("TOPIC", topic).encode())
    endpoint = amp.describe_workspace(workspaceId=workspace_id)["workspace"]["prometheusEndpoint"]
    shown = dict(prometheus(aws.client, endpoint=endpoint).rows)
    assert shown["workspace"] == f"vllm-dev, {workspace_id}"
    assert shown["rules vllm"] == "2 in 1 groups"
    assert shown["alerts go to"] == topic
    assert shown["remote write"].endswith(f"/{workspace_id}/api/v1/remote_write")
    assert workspace_id in account_ids(aws.client)
