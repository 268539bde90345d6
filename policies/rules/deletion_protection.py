"""In production neither AWS nor the engine deletes the load balancer."""

from __future__ import annotations

from collections.abc import Iterator

from policies.model import Deployment, Finding, Rule, found

BALANCER = "aws:lb/loadBalancer:LoadBalancer"


def check(deployment: Deployment) -> Iterator[Finding]:
    if not deployment.is_production:
        return
    for balancer in deployment.of_type(BALANCER):
        if not balancer.inputs.get("enableDeletionProtection"):
            yield found(balancer, "AWS would delete the load balancer of a production stack when asked")
        elif not balancer.protect:
            yield found(balancer, "AWS refuses to delete it, but only in the middle of a destroy: Pulumi does not")


RULE = Rule(
    id="deletion-protection",
    level="mandatory",
    says="In production (tag `environment: production`) the load balancer is protected by AWS and by the engine.",
    cause="somebody tidies up in the console, and the address of the service is gone",
    remedy="set `endpoint.deletionProtection: true` in the stack file",
    check=check,
)
