"""An emulated CloudWatch whose time a test moves, with a topic that alarms tell."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.server import EmulatedAws

NAMESPACE = "vLLM"
DIMENSIONS = [{"Name": "Stack", "Value": "dev"}]


@dataclass(kw_only=True)
class Watched:
    aws: EmulatedAws
    wall: ManualClock
    cloudwatch: Any = field(init=False)
    topic: str = field(init=False)

    def __post_init__(self) -> None:
        self.cloudwatch = self.aws.client("cloudwatch")
        self.topic = self.aws.client("sns").create_topic(Name="alarms")["TopicArn"]

    def put(self, name: str, value: float, **more: Any) -> None:
        entry = {"MetricName": name, "Dimensions": DIMENSIONS, "Timestamp": self.aws.now, "Value": value}
        self.cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=[entry | more])

    def minute(self) -> None:
        """A minute goes by, and AWS looks."""
        self.wall.advance(60)
        self.aws.judge_alarms()

    def alarm(self, name: str, **more: Any) -> None:
        """Rings when the metric ``name`` is above 10 in one minute; tells the topic of begin and end."""
        given: dict[str, Any] = {
            "AlarmName": name,
            "Namespace": NAMESPACE,
            "MetricName": name,
            "Dimensions": DIMENSIONS,
            "Statistic": "Maximum",
            "Period": 60,
            "EvaluationPeriods": 1,
            "Threshold": 10,
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [self.topic],
            "OKActions": [self.topic],
        }
        self.cloudwatch.put_metric_alarm(**(given | more))

    def state(self, name: str) -> str:
        found = self.cloudwatch.describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        (alarm,) = found["MetricAlarms"] + found["CompositeAlarms"]
        return str(alarm["StateValue"])

    def told(self) -> list[tuple[str, str]]:
        """Name and new state of each message so far."""
        bodies = [json.loads(message.body) for message in self.aws.messages]
        return [(body["AlarmName"], body["NewStateValue"]) for body in bodies]
