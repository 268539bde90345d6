"""Alarms reach their topic."""

from __future__ import annotations

from collections.abc import Iterator

from policies.model import Deployment, Finding, Rule, found

TOPIC = "aws:sns/topic:Topic"
AWS_KEY = "alias/aws/sns"


def check(deployment: Deployment) -> Iterator[Finding]:
    for topic in deployment.of_type(TOPIC):
        if str(topic.inputs.get("kmsMasterKeyId") or "").endswith(AWS_KEY):
            yield found(topic, f"CloudWatch and EventBridge cannot use {AWS_KEY}: no alarm would arrive")


RULE = Rule(
    id="topic-is-heard",
    level="mandatory",
    says="No topic is encrypted with AWS's own key for SNS.",
    cause="a scanner asks for encryption, the topic gets `alias/aws/sns`, and the next outage is told to nobody",
    remedy="use a key of your own, `encryption.kmsKeyArn`, whose policy lets CloudWatch and EventBridge in "
    "(docs/encryption.md), or none",
    check=check,
)
