"""What clients and people hold on to is not replaced under them."""

from __future__ import annotations

from collections.abc import Iterator

from policies.model import Deployment, Finding, Rule, is_production

KEPT = {
    "aws:lb/loadBalancer:LoadBalancer": "clients know its address",
    "aws:autoscaling/group:Group": "all its hosts end at once",
    "aws:secretsmanager/secret:Secret": "the API keys in it are gone",
    "aws:cloudwatch/logGroup:LogGroup": "what the hosts said is gone",
    "aws:kms/key:Key": "what it encrypts cannot be read any more",
    "aws:ec2/vpc:Vpc": "everything in it goes along",
}
"""Type -> what is lost with one that is there."""


def check(deployment: Deployment) -> Iterator[Finding]:
    for step in deployment.steps:
        if step.type in KEPT and step.ends_it and step.old is not None and is_production(step.old):
            word = "delete" if step.op == "delete" else "replace"
            yield Finding(urn=step.urn, message=f"this update would {word} it: {KEPT[step.type]}")


RULE = Rule(
    id="service-is-kept",
    level="mandatory",
    says="In production no update replaces or deletes load balancer, group, secrets, logs, key or network.",
    cause="`endpoint.exposure` is changed in place: the load balancer gets another address, and every client fails "
    "until its configuration follows",
    remedy="make the change as a second stack and move the clients, or write a waiver for the day of the change",
    check=check,
)
