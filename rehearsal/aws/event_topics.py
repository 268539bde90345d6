"""Events reach a topic, which is no target in moto.

User guide, "Amazon EventBridge input transformation": the template with the values that the paths find in the event
becomes the message; a template that is a JSON text is sent as that text, in quotes. Events that AWS itself sends
("Amazon EC2 Auto Scaling event reference") are not made here: a test puts them, which on AWS nobody may for a source
that begins with ``aws.``. A topic whose key does not let EventBridge use it gets nothing, and nobody hears of that.
"""

from __future__ import annotations

import json
from typing import Any

from moto.events.models import Rule
from moto.events.utils import EventTemplateParser
from moto.sns.models import sns_backends

from rehearsal.aws.patch import Method, wrap
from rehearsal.aws.topic_keys import EVENTS, refusal


def install() -> None:
    wrap(Rule, "send_to_targets", _also_to_topics)


def _also_to_topics(original: Method) -> Method:
    def send_to_targets(self: Any, original_event: Any, transform_input: bool = True) -> None:
        every = self.targets
        topics = [target for target in every if target["Arn"].split(":")[2] == "sns"]
        if topics and self.event_pattern.matches_event(original_event):
            for target in topics:
                _publish(target, original_event)
        self.targets = [target for target in every if target not in topics]
        try:
            original(self, original_event, transform_input)
        finally:
            self.targets = every

    return send_to_targets


def _publish(target: Any, event: Any) -> None:
    given = target.get("InputTransformer") or {}
    message = EventTemplateParser.parse(
        input_template=given.get("InputTemplate", ""), input_paths_map=given.get("InputPathsMap", {}), event=event
    )
    _, _, _, region, account, _ = target["Arn"].split(":")
    topic = sns_backends[account][region].topics.get(target["Arn"])
    if refusal(service=EVENTS, topic_arn=target["Arn"], key_id=topic.kms_master_key_id if topic else None):
        return
    sns_backends[account][region].publish(json.dumps(message), target["Arn"])
