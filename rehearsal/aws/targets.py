"""Target health over time; moto calls every registered target healthy at once.

TargetHealth.Reason: "Elb.InitialHealthChecking - The load balancer is still sending the target the minimum number of
health checks required to determine its health status" (state initial); "Target.NotInUse - The target group is not used
by any load balancer [...]" (unused); "Target.DeregistrationInProgress - The target is in the process of being
deregistered and the deregistration delay period has not expired" (draining). DeregisterTargets: "If the specified
target does not exist, the action returns successfully"; moto refuses.
"""

from __future__ import annotations

from typing import Any

from moto.elbv2.models import ELBv2Backend, FakeHealthStatus, FakeTargetGroup

from rehearsal.aws.patch import Method, wrap
from rehearsal.aws.world import World

_NOT_IN_USE = "Target group is not configured to receive traffic from the load balancer"
_CHECKING = "Initial health checks in progress"
_DRAINING = "Target deregistration is in progress"


def deregistration_delay_s(group: FakeTargetGroup) -> float:
    return float(str(group.attributes["deregistration_delay.timeout_seconds"]))


def _times(group: FakeTargetGroup, name: str) -> dict[str, float]:
    """Target id -> time on the waits clock at which it was registered, or will be drained."""
    times: dict[str, float] = group.__dict__.setdefault(f"_rehearsal_{name}", {})
    return times


def _register(original: Method) -> Method:
    def register(self: FakeTargetGroup, targets: list[dict[str, Any]]) -> None:
        original(self, targets)
        for target in targets:
            _times(self, "registered").setdefault(target["Id"], World.running().settings.waits.seconds())
            _times(self, "drained").pop(target["Id"], None)

    return register


def _deregister(original: Method) -> Method:
    def deregister(self: FakeTargetGroup, targets: list[dict[str, Any]]) -> None:
        there = [target for target in targets if target["Id"] in self.targets]
        original(self, there)
        now_s = World.running().settings.waits.seconds()
        for target in there:
            _times(self, "registered").pop(target["Id"], None)
            _times(self, "drained")[target["Id"]] = now_s + deregistration_delay_s(self)

    return deregister


def _health_for(original: Method) -> Method:
    def health_for(self: FakeTargetGroup, target: dict[str, Any], ec2_backend: Any) -> FakeHealthStatus:
        now_s = World.running().settings.waits.seconds()
        found: FakeHealthStatus = original(self, target, ec2_backend)
        if found.status == "healthy":
            first_s = float(self.healthy_threshold_count) * float(self.health_check_interval_seconds)
            if not self.load_balancer_arns:
                found.status, found.reason, found.description = "unused", "Target.NotInUse", _NOT_IN_USE
            elif now_s - _times(self, "registered").get(target["Id"], now_s) < first_s:
                found.status, found.reason = "initial", "Elb.InitialHealthChecking"
                found.description = _CHECKING
        elif now_s < _times(self, "drained").get(target["Id"], now_s):
            found.status, found.reason = "draining", "Target.DeregistrationInProgress"
            found.description = _DRAINING
        return found

    return health_for


def _describe_target_health(original: Method) -> Method:
    def describe(self: ELBv2Backend, target_group_arn: str, targets: list[dict[str, Any]]) -> Any:
        found = original(self, target_group_arn, targets)
        if targets:
            return found
        group = self.target_groups[target_group_arn]
        leaving = [group.health_for({"Id": id_}, self.ec2_backend) for id_ in _times(group, "drained")]
        return found + [status for status in leaving if status.status == "draining"]

    return describe


def install() -> None:
    wrap(FakeTargetGroup, "register", _register)
    wrap(FakeTargetGroup, "deregister", _deregister)
    wrap(FakeTargetGroup, "health_for", _health_for)
    wrap(ELBv2Backend, "describe_target_health", _describe_target_health)
