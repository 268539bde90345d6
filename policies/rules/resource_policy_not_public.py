"""Nobody in particular is nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.documents import OF_RESOURCES, as_list, statements
from policies.model import Deployment, Finding, Rule, found


def check(deployment: Deployment) -> Iterator[Finding]:
    for resource in deployment.of_type(*OF_RESOURCES):
        for statement in statements(resource, OF_RESOURCES[resource.type]):
            if statement.get("Effect") == "Allow" and _is_anyone(statement) and not statement.get("Condition"):
                yield found(resource, f"{statement.get('Sid', 'a statement')} allows everyone, without a condition")


def _is_anyone(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    if "NotPrincipal" in statement or principal == "*":
        return True
    return isinstance(principal, Mapping) and any("*" in as_list(who) for who in principal.values())


RULE = Rule(
    id="resource-policy-not-public",
    level="mandatory",
    says="Policies of buckets, topics, keys, secrets and roles name who is allowed, or under which condition.",
    cause="a topic with Principal `*` takes messages of strangers, which ring the phone at night",
    remedy="name the AWS service or account as Principal, or add a condition like aws:SourceAccount",
    check=check,
)
