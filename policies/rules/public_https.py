"""API keys never cross the internet in the clear."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.model import Deployment, Finding, Resource, Rule, found
from policies.rules.deletion_protection import BALANCER
from policies.rules.tls_current import LISTENER

LISTENER_RULE = "aws:lb/listenerRule:ListenerRule"


def check(deployment: Deployment) -> Iterator[Finding]:
    for balancer in deployment.of_type(BALANCER):
        if balancer.inputs.get("internal") is True:
            continue
        for listener in deployment.linked([LISTENER], by="loadBalancerArn", to=balancer):
            if listener.inputs.get("protocol") == "HTTP" and _serves(listener, deployment):
                yield found(listener, "a public load balancer answers over plain HTTP")


def _serves(listener: Resource, deployment: Deployment) -> bool:
    rules = deployment.linked([LISTENER_RULE], by="listenerArn", to=listener)
    actions = [*listener.entries("defaultActions"), *(entry for rule in rules for entry in rule.entries("actions"))]
    return not actions or not all(_leads_to_https(action) for action in actions)


def _leads_to_https(action: Mapping[str, Any]) -> bool:
    return action.get("type") == "redirect" and (action.get("redirect") or {}).get("protocol") == "HTTPS"


RULE = Rule(
    id="public-speaks-https",
    level="mandatory",
    says="A public load balancer does nothing over HTTP but to redirect to HTTPS.",
    cause="API keys are read on the way from a hotel's network",
    remedy="set `endpoint.certificateArn`, or `endpoint.hostedZoneId` with `endpoint.domain`, which makes a "
    "certificate",
    check=check,
)
