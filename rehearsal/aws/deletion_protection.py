"""A load balancer with deletion protection cannot be deleted; moto deletes it.

DeleteLoadBalancer: "You can't delete a load balancer if deletion protection is enabled. If the load balancer does not
exist or has already been deleted, the call succeeds." Error OperationNotPermitted: "This operation is not allowed."
"""

from __future__ import annotations

from moto.elbv2.exceptions import ELBClientError
from moto.elbv2.models import ELBv2Backend

from rehearsal.aws.patch import Method, wrap

_ATTRIBUTE = "deletion_protection.enabled"


def install() -> None:
    wrap(ELBv2Backend, "delete_load_balancer", _unless_protected)


def _unless_protected(original: Method) -> Method:
    def delete(self: ELBv2Backend, arn: str) -> None:
        balancer = self.load_balancers.get(arn)
        if balancer is not None and balancer.attrs.get(_ATTRIBUTE) == "true":
            raise ELBClientError(
                "OperationNotPermitted",
                f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
            )
        original(self, arn)

    return delete
