"""Event rules of the program turn Auto Scaling's events into messages ("Amazon EC2 Auto Scaling event reference")."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from rehearsal.aws.server import EmulatedAws
from rehearsal.graph.model import Graph
from tests.program.cases import load_case

RULE, TARGET = "aws:cloudwatch/eventRule:EventRule", "aws:cloudwatch/eventTarget:EventTarget"
EVENTS: Mapping[str, Mapping[str, Any]] = {
    "failed-launch": {
        "DetailType": "EC2 Instance Launch Unsuccessful",
        "Detail": {
            "StatusCode": "Failed",
            "StatusMessage": "You have requested more vCPU capacity than your current vCPU limit of 0 allows.",
            "EC2InstanceId": "i-0123456789abcdef0",
            "Details": {"Availability Zone": "us-east-1b"},
        },
    },
    "failed-refresh": {
        "DetailType": "EC2 Auto Scaling Instance Refresh Failed",
        "Detail": {"InstanceRefreshId": "ab00cf8f-9126-4f3c-8010-dbb8cad6fb86"},
    },
}


def put_rules(aws: EmulatedAws, graph: Graph) -> None:
    """As the provider does."""
    events, topic = aws.client("events"), aws.client("sns").create_topic(Name="alarms")["TopicArn"]
    targets = {each.name: each.inputs for each in graph.of_type(TARGET)}
    for rule in graph.of_type(RULE):
        events.put_rule(Name=rule.name, EventPattern=rule.inputs["eventPattern"])
        given = targets[rule.name]["inputTransformer"]
        transformer = {"InputPathsMap": given["inputPaths"], "InputTemplate": given["inputTemplate"]}
        events.put_targets(Rule=rule.name, Targets=[{"Id": "1", "Arn": topic, "InputTransformer": transformer}])


def happen(aws: EmulatedAws, id_: str, *, group: str, **more: str) -> None:
    event = EVENTS[id_]
    detail = {**event["Detail"], **more, "AutoScalingGroupName": group}
    entry = {"Source": "aws.autoscaling", "DetailType": event["DetailType"], "Detail": json.dumps(detail)}
    aws.client("events").put_events(Entries=[entry])


def texts(aws: EmulatedAws) -> list[str]:
    return [json.loads(message.body) for message in aws.messages]


def group_of(graph: Graph) -> str:
    pattern = json.loads(graph.of_type(RULE)[0].inputs["eventPattern"])
    return str(pattern["detail"]["AutoScalingGroupName"][0])


def test_there_is_an_event_for_every_rule() -> None:
    rules = load_case("dev").graph.of_type(RULE)
    assert {rule.name.removeprefix("vllm-") for rule in rules} == set(EVENTS)


@pytest.mark.parametrize("id_", EVENTS)
def test_an_event_of_the_group_is_one_message(id_: str) -> None:
    graph = load_case("dev").graph
    with EmulatedAws() as aws:
        put_rules(aws, graph)
        happen(aws, id_, group="another-group")
        assert texts(aws) == []
        happen(aws, id_, group=group_of(graph))
        (text,) = texts(aws)
        assert text.startswith("[dev] ")
        assert f"Group: {group_of(graph)}." in text
        assert EVENTS[id_]["Detail"].get("StatusMessage", "") in text
        assert "<" not in text


@pytest.mark.parametrize(
    "cause",
    [
        "We currently do not have sufficient g6.2xlarge capacity in the Availability Zone you requested (us-east-1b).",
        "Could not launch Spot Instances. InsufficientInstanceCapacity - There is no Spot capacity available.",
        "Could not launch Spot Instances. UnfulfillableCapacity - Unable to fulfill capacity.",
    ],
)
def test_a_try_that_finds_no_machine_is_no_message(cause: str) -> None:
    """Auto Scaling tries for as long as it takes; the alarm no-capacity says it once."""
    graph = load_case("dev").graph
    with EmulatedAws() as aws:
        put_rules(aws, graph)
        happen(aws, "failed-launch", group=group_of(graph), StatusMessage=cause)
        assert texts(aws) == []
        happen(aws, "failed-launch", group=group_of(graph), StatusMessage="Instance became unhealthy.")
        assert len(texts(aws)) == 1
