"""What CloudWatch calls the things of one stack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from monitoring.conditions import Scope


@dataclass(frozen=True, kw_only=True)
class Identifiers:
    """The stack's load balancer, target group, Auto Scaling group and certificate (None: plain HTTP), and its name."""

    stack: str
    load_balancer: str
    target_group: str
    group: str
    certificate: str | None = None

    def dimensions(self, scope: Scope) -> Mapping[str, str]:
        """The dimensions of a metric of that scope, in the order that AWS documents. LookupError for a certificate
        where there is none."""
        if scope == "stack":
            return {"Stack": self.stack}
        if scope == "group":
            return {"AutoScalingGroupName": self.group}
        if scope == "target_group":
            return {"TargetGroup": self.target_group, "LoadBalancer": self.load_balancer}
        if scope == "load_balancer":
            return {"LoadBalancer": self.load_balancer}
        if self.certificate is None:
            raise LookupError("the endpoint has no certificate")
        return {"CertificateArn": self.certificate}
