"""Permissions name what they are for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policies.documents import IDENTITY, as_list, inline_statements, statements
from policies.model import Deployment, Finding, Rule, found

UNSCOPED = frozenset(
    {
        "autoscaling:DescribeAutoScalingInstances",
        "autoscaling:DescribeInstanceRefreshes",
        "autoscaling:DescribeScalingActivities",
        "cloudwatch:PutMetricData",
        "ec2:DescribeLaunchTemplateVersions",
        "ec2:DescribeSnapshots",
        "ec2:DescribeTags",
        "ec2:DescribeVolumes",
        "ecr:GetAuthorizationToken",
        "elasticloadbalancing:DescribeTargetHealth",
        "ssm:UpdateInstanceInformation",
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
    }
)
"""What AWS cannot scope to a resource; the reasons stand in components/aws/host_policy.py."""
_EVERYTHING = re.compile(r"\*|arn:[^:]*:[^:]*:\*?:\*?:\*")
ROLE = "aws:iam/role:Role"


def check(deployment: Deployment) -> Iterator[Finding]:
    for resource in deployment.of_type(*IDENTITY):
        for statement in statements(resource, IDENTITY[resource.type]):
            yield from (found(resource, text) for text in _wrong(statement))
    for role in deployment.of_type(ROLE):
        for statement in inline_statements(role):
            yield from (found(role, text) for text in _wrong(statement))


def _wrong(statement: Mapping[str, Any]) -> Iterator[str]:
    if statement.get("Effect") != "Allow":
        return
    name = statement.get("Sid", "a statement")
    for key in ("NotAction", "NotResource"):
        if key in statement:
            yield f"{name} allows all but what {key} lists"
    actions = as_list(statement.get("Action"))
    if patterns := [action for action in actions if "*" in action or "?" in action]:
        yield f"{name} allows actions by a pattern: {', '.join(patterns)}"
    everywhere = any(_EVERYTHING.fullmatch(resource) for resource in as_list(statement.get("Resource")))
    if everywhere and (broad := sorted(set(actions) - UNSCOPED)):
        yield f"{name} allows on every resource: {', '.join(broad)}"


RULE = Rule(
    id="iam-no-wildcard",
    level="mandatory",
    says="Roles are allowed single actions on named resources; `*` only for actions that AWS cannot scope.",
    cause="`secretsmanager:*` on `*` is meant for one secret, and a host that is taken over reads those of every team",
    remedy="name each action and the ARN it is for; an action that AWS cannot scope goes into UNSCOPED_ACTIONS of "
    "components/aws/host_policy.py with its reason, and into this rule",
    check=check,
)
