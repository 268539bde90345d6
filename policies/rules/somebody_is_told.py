"""In production an alarm reaches a person."""

from __future__ import annotations

from collections.abc import Iterator

from policies.model import Deployment, Finding, Rule, found
from policies.rules.topic_is_heard import TOPIC

SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"


def check(deployment: Deployment) -> Iterator[Finding]:
    if not deployment.is_production:
        return
    for topic in deployment.of_type(TOPIC):
        if not deployment.linked([SUBSCRIPTION], by="topic", to=topic):
            yield found(topic, "nobody gets what is published here, as far as this stack knows")


RULE = Rule(
    id="somebody-is-told",
    level="advisory",
    says="In production the topic of the alarms has a subscriber.",
    cause="an outage of a weekend: every alarm fires, into a topic that nobody has subscribed to",
    remedy="name people in `monitoring.notify`; where another system subscribes to `alarm_topic_arn`, write a waiver",
    check=check,
)
