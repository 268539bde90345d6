"""Groups with a mixed instances policy: which type comes next, and whether on demand or as a spot instance.

InstancesDistribution: "prioritized: [...] Amazon EC2 Auto Scaling launches your highest priority instance types first.
If all your On-Demand capacity cannot be fulfilled using your highest priority instance type, then Amazon EC2 Auto
Scaling launches the remaining capacity using the second priority instance type, and so on"; "OnDemandBaseCapacity: The
minimum amount of the Auto Scaling group's capacity that must be fulfilled by On-Demand Instances. This base portion is
launched first as your group scales"; OnDemandPercentageAboveBaseCapacity splits the rest, rounded here in favour of on
demand. capacity-optimized-prioritized is the same order here: no pool is deeper than another. UpdateAutoScalingGroup
leaves out what does not change; moto forgets the policy then.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from moto.autoscaling.models import FakeAutoScalingGroup

from rehearsal.aws.patch import Method, wrap

Policy = Mapping[str, Any]


def install() -> None:
    wrap(FakeAutoScalingGroup, "update", _and_keep_the_policy)


def types_of(policy: Policy | None) -> tuple[str, ...]:
    """Its instance types, the first one first; none where the launch template's is the only one."""
    overrides = ((policy or {}).get("LaunchTemplate") or {}).get("Overrides") or []
    return tuple(override["InstanceType"] for override in overrides if override.get("InstanceType"))


def on_demand_of(policy: Policy | None, *, capacity: int) -> int:
    """How many of ``capacity`` instances are on demand."""
    given = (policy or {}).get("InstancesDistribution") or {}
    base, percentage = (
        int(default if given.get(name) is None else given[name])
        for name, default in (("OnDemandBaseCapacity", 0), ("OnDemandPercentageAboveBaseCapacity", 100))
    )
    if capacity <= base:
        return capacity
    return base + math.ceil((capacity - base) * percentage / 100)


def spot_next(policy: Policy | None, *, capacity: int, spot: Sequence[bool]) -> bool:
    """Whether the next instance is a spot one. ``spot``: of each that stays, whether it is."""
    return list(spot).count(False) >= on_demand_of(policy, capacity=max(capacity, len(spot) + 1))


def _and_keep_the_policy(original: Method) -> Method:
    def update(self: FakeAutoScalingGroup, **changes: Any) -> None:
        named = any(changes.get(name) for name in ("launch_template", "launch_config_name", "mixed_instances_policy"))
        before = None if named else self.mixed_instances_policy
        original(self, **changes)
        if not named:
            self.mixed_instances_policy = before

    return update
