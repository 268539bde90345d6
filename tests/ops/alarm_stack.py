"""The alarms of the stack dev in an emulated AWS, named and wired as the program does it, but few."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.aws.server import EmulatedAws

RANDOM = "1a2b3c4"
WAIT_S = 180
RINGING = "step gpus failed in 3 launches"
ADDRESS = "ops@example.com"


def made(alarm_id: str) -> str:
    """A name as Pulumi makes it."""
    return f"vllm-{alarm_id}-{RANDOM}"


def given(alarm_id: str) -> str:
    """A name that the program gives."""
    return f"vllm-dev-{alarm_id}"


SLOW, SLOW_TOLD = made("slow-first-token"), given("slow-first-token-told")
NO_HOST, DOWN = made("no-healthy-host"), given("service-down")
GPU, BOOT_LOOP = made("gpu-xid"), given("boot-loop")
LAUNCH_RULE = made("failed-launch")


@dataclass(frozen=True, kw_only=True)
class AlarmStack:
    aws: EmulatedAws
    topic_arn: str

    @property
    def cloudwatch(self) -> Any:
        return self.aws.client("cloudwatch")

    @property
    def outputs(self) -> Mapping[str, Any]:
        return {"alarm_topic_arn": self.topic_arn}

    def states(self) -> dict[str, str]:
        found = self.cloudwatch.describe_alarms(AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        alarms = [*found["MetricAlarms"], *found["CompositeAlarms"]]
        return {alarm["AlarmName"]: alarm["StateValue"] for alarm in alarms}

    def ring(self, name: str, reason: str = RINGING) -> None:
        self.cloudwatch.set_alarm_state(AlarmName=name, StateValue="ALARM", StateReason=reason)

    def summaries(self, name: str) -> list[str]:
        """What the alarm has done, oldest first."""
        items = self.cloudwatch.describe_alarm_history(
            AlarmName=name,
            AlarmTypes=["MetricAlarm", "CompositeAlarm"],
            HistoryItemType="Action",
            ScanBy="TimestampAscending",
        )["AlarmHistoryItems"]
        return [item["HistorySummary"] for item in items]

    def metric_alarm(self, name: str, *, topic: str | None, **more: Any) -> None:
        actions = [topic] if topic else []
        self.cloudwatch.put_metric_alarm(
            AlarmName=name,
            Namespace="vLLM",
            MetricName="Anything",
            Dimensions=[{"Name": "Stack", "Value": "dev"}],
            Statistic="Maximum",
            Period=60,
            EvaluationPeriods=1,
            Threshold=1,
            ComparisonOperator="GreaterThanThreshold",
            AlarmActions=actions,
            OKActions=actions,
            **more,
        )


def alarm_stack(aws: EmulatedAws) -> AlarmStack:
    """A consequence and its cause, two alarms that tell by themselves, an event rule; and another stack's alarm."""
    sns, events = aws.client("sns"), aws.client("events")
    stack = AlarmStack(aws=aws, topic_arn=sns.create_topic(Name="vllm-alarms-dev")["TopicArn"])
    other = sns.create_topic(Name="vllm-alarms-prod")["TopicArn"]
    for name, topic in (
        (SLOW, None),
        (NO_HOST, None),
        (GPU, stack.topic_arn),
        (BOOT_LOOP, stack.topic_arn),
        ("vllm-gpu-xid-7654321", other),
        ("somebody-elses", None),
    ):
        stack.metric_alarm(name, topic=topic)
    _composite(stack, DOWN, made_of=NO_HOST)
    suppressor = {"ActionsSuppressor": DOWN, "ActionsSuppressorWaitPeriod": WAIT_S}
    _composite(stack, SLOW_TOLD, made_of=SLOW, **suppressor, ActionsSuppressorExtensionPeriod=WAIT_S)
    events.put_rule(Name=LAUNCH_RULE, EventPattern='{"source": ["aws.autoscaling"]}')
    events.put_targets(Rule=LAUNCH_RULE, Targets=[{"Id": "topic", "Arn": stack.topic_arn}])
    return stack


def _composite(stack: AlarmStack, name: str, *, made_of: str, **more: Any) -> None:
    stack.cloudwatch.put_composite_alarm(
        AlarmName=name,
        AlarmRule=f'ALARM("{made_of}")',
        AlarmActions=[stack.topic_arn],
        OKActions=[stack.topic_arn],
        **more,
    )
