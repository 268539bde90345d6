"""Requests that two servers read differently end at the load balancer."""

from __future__ import annotations

from collections.abc import Iterator

from policies.model import Deployment, Finding, Rule, found
from policies.rules.deletion_protection import BALANCER


def check(deployment: Deployment) -> Iterator[Finding]:
    for balancer in deployment.of_type(BALANCER):
        if balancer.inputs.get("loadBalancerType", "application") != "application":
            continue
        if balancer.inputs.get("dropInvalidHeaderFields") is not True:
            yield found(balancer, "headers with invalid names are passed on")
        if balancer.inputs.get("desyncMitigationMode") not in ("defensive", "strictest"):
            yield found(balancer, "desyncMitigationMode lets ambiguous requests through")


RULE = Rule(
    id="odd-requests-dropped",
    level="mandatory",
    says="The load balancer drops invalid headers and mitigates request smuggling.",
    cause="a request with two lengths hides a second one behind it, past the list of paths",
    remedy="keep dropInvalidHeaderFields and desyncMitigationMode of components/aws/load_balancer.py",
    check=check,
)
