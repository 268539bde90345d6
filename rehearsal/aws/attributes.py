"""Attributes of a group that moto does not keep, or does not update; each would be a change in every preview.

CreateAutoScalingGroup and UpdateAutoScalingGroup take them; DescribeAutoScalingGroups returns them.
InstanceMaintenancePolicy: "To clear a previously set value, specify a value of -1"; likewise
DefaultInstanceWarmup: "To remove a value that you previously set, include the property but specify -1".
"""

from __future__ import annotations

from typing import Any

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.utils import camelcase_to_underscores

from rehearsal.aws.patch import Method, wrap

_NUMBERS = ("DefaultInstanceWarmup", "MaxInstanceLifetime", "DefaultCooldown")
_VALUES = (
    "InstanceMaintenancePolicy",
    "TerminationPolicies",
    "PlacementGroup",
    "Context",
    "DesiredCapacityType",
    "AvailabilityZoneDistribution",
    "AvailabilityZoneImpairmentPolicy",
    "CapacityReservationSpecification",
    "DeletionProtection",
    "InstanceLifecyclePolicy",
)


def install() -> None:
    for action in ("create_auto_scaling_group", "update_auto_scaling_group"):
        wrap(AutoScalingResponse, action, _and_keep)


def _and_keep(original: Method) -> Method:
    def action(self: Any) -> Any:
        result = original(self)
        group = self.autoscaling_backend.autoscaling_groups[self._get_param("AutoScalingGroupName")]
        for name in _NUMBERS:
            given = self._get_int_param(name)
            if given is not None:
                setattr(group, camelcase_to_underscores(name), None if given == -1 else given)
        for name in _VALUES:
            given = self._get_param(name)
            if given is not None:
                setattr(group, camelcase_to_underscores(name), _cleared(given))
        rebalance = self._get_bool_param("CapacityRebalance", None)
        if rebalance is not None:
            group.capacity_rebalance = rebalance
        return result

    return action


def _cleared(value: Any) -> Any:
    """None for a structure in which everything is -1."""
    if isinstance(value, dict) and value and all(str(part) == "-1" for part in value.values()):
        return None
    return value
