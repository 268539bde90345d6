"""Logs are kept for a time, not for ever."""

from __future__ import annotations

from collections.abc import Iterator

from policies.model import Deployment, Finding, Rule, found

LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"


def check(deployment: Deployment) -> Iterator[Finding]:
    for group in deployment.of_type(LOG_GROUP):
        if not group.inputs.get("retentionInDays"):
            yield found(group, "what is logged is kept for ever")


RULE = Rule(
    id="logs-end",
    level="mandatory",
    says="Each log group has a retention.",
    cause="addresses of clients are found years after somebody was told that they are deleted",
    remedy="set `monitoring.logRetentionDays` (default 30)",
    check=check,
)
