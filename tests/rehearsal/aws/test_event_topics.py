"""An event that matches a rule is a message of the rule's topic, in the words of its template."""

from __future__ import annotations

import json

from rehearsal.aws.server import EmulatedAws

PATTERN = {"source": ["aws.autoscaling"], "detail": {"AutoScalingGroupName": ["mine"]}}


def test_a_matching_event_reaches_the_topic() -> None:
    with EmulatedAws() as aws:
        events, topic = aws.client("events"), aws.client("sns").create_topic(Name="t")["TopicArn"]
        events.put_rule(Name="r", EventPattern=json.dumps(PATTERN))
        transformer = {"InputPathsMap": {"why": "$.detail.StatusMessage"}, "InputTemplate": '"It failed: <why>."'}
        events.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": topic, "InputTransformer": transformer}])
        for group in ("mine", "other"):
            detail = {"AutoScalingGroupName": group, "StatusMessage": f"no capacity for {group}"}
            entry = {"Source": "aws.autoscaling", "DetailType": "Launch", "Detail": json.dumps(detail)}
            events.put_events(Entries=[entry])
        (message,) = aws.messages
        assert (message.topic_arn, json.loads(message.body)) == (topic, "It failed: no capacity for mine.")
        assert events.list_targets_by_rule(Rule="r")["Targets"][0]["Arn"] == topic
