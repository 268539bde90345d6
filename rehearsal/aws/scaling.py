"""What a scaling policy does when it is executed; moto changes the capacity by simple ones alone.

PutScalingPolicy: AdjustmentType is ChangeInCapacity, ExactCapacity or PercentChangeInCapacity; "Cooldown: A cooldown
period, in seconds, that applies to a specific simple scaling policy". StepAdjustment: bounds are of "the difference
between the alarm threshold and the CloudWatch metric"; "If the metric value is above the breach threshold, the lower
bound is inclusive". User guide, "Step and simple scaling policies": capacity that is still warming up counts as there
already when another is asked for; "Target tracking": the capacity becomes what brings the metric to its target. How far
it goes at once is not published: in proportion here. The group's bounds hold for all.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from moto.autoscaling.models import FakeAutoScalingGroup, FakeScalingPolicy, autoscaling_backends

from rehearsal.aws.fleet import is_suspended
from rehearsal.aws.launching import CAUSE
from rehearsal.aws.members import members_of
from rehearsal.aws.settings import Settings

_FREE_S = "_rehearsal_cooldown_ends_s"


@dataclass(frozen=True, kw_only=True)
class Breach:
    """What set a policy off. ``value`` None: nobody measured, the alarm was only set; then it is at the threshold."""

    alarm: str
    threshold: float
    value: float | None

    @property
    def above(self) -> float:
        return 0.0 if self.value is None else self.value - self.threshold


def policy_by_arn(arn: str) -> FakeScalingPolicy | None:
    """``arn:aws:autoscaling:REGION:ACCOUNT:scalingPolicy:ID:autoScalingGroupName/GROUP:policyName/NAME``."""
    _, _, _, region, account, *_ = arn.split(":")
    policies = autoscaling_backends[account][region].policies.values()
    return next((policy for policy in policies if policy.arn == arn), None)


def execute(policy: FakeScalingPolicy, breach: Breach, settings: Settings) -> str:
    """Change the capacity of the policy's group; why it did not, empty when it did or when nothing is to change."""
    group = policy.autoscaling_backend.autoscaling_groups[policy.auto_scaling_group_name]
    if is_suspended(group, "AlarmNotification"):
        return "the process AlarmNotification is suspended"
    if not getattr(policy, "enabled", True):
        return f"the policy {policy.name} is disabled"
    before, now_s = group.desired_capacity or 0, settings.waits.seconds()
    if policy.policy_type == "SimpleScaling" and now_s < group.__dict__.get(_FREE_S, now_s):
        return "the group is in its cooldown"
    wanted = _wanted(policy, group, breach, now_s=now_s)
    after = min(max(wanted, group.min_size or 0), group.max_size or 0)
    if after == before:
        return ""
    group.set_desired_capacity(after)
    group.__dict__[CAUSE] = (
        f"a monitor alarm {breach.alarm} in state ALARM triggered policy {policy.name} changing the desired capacity "
        f"from {before} to {after}"
    )
    if policy.policy_type == "SimpleScaling":
        cooldown = group.default_cooldown if policy.cooldown is None else policy.cooldown
        group.__dict__[_FREE_S] = now_s + float(cooldown or 0)
    return ""


def _wanted(policy: FakeScalingPolicy, group: FakeAutoScalingGroup, breach: Breach, *, now_s: float) -> int:
    before = group.desired_capacity or 0
    if policy.policy_type == "SimpleScaling":
        return _adjusted(policy.adjustment_type, int(policy.scaling_adjustment or 0), before)
    there = before - _warming_up(policy, group, now_s=now_s)
    if policy.policy_type == "StepScaling":
        steps: Any = policy.step_adjustments or ()
        step = adjustment(steps, above=breach.above)
        wanted = before if step is None else _adjusted(policy.adjustment_type, step, there)
        return max(before, wanted) if step is None or step > 0 else wanted
    target = float(getattr(policy.target_tracking_configuration, "TargetValue", 0))
    if breach.value is None or not target:
        return before + 1
    return max(before, math.ceil(there * breach.value / target)) if breach.value > target else before


def adjustment(steps: Iterable[Mapping[str, Any]], *, above: float) -> int | None:
    """Of the step whose interval holds ``above``, the difference of metric and threshold; None where none does."""
    for step in steps:
        low, high = (step.get(f"MetricInterval{end}Bound") for end in ("Lower", "Upper"))
        least, most = -math.inf if low is None else float(low), math.inf if high is None else float(high)
        if (least <= above < most) if above >= 0 else (least < above <= most):
            return int(step["ScalingAdjustment"])
    return None


def _adjusted(kind: str, amount: int, capacity: int) -> int:
    if kind == "ExactCapacity":
        return amount
    if kind == "PercentChangeInCapacity":
        change = capacity * amount / 100
        return capacity + (math.ceil(change) if change > 0 else math.floor(change))
    return capacity + amount


def _warming_up(policy: FakeScalingPolicy, group: FakeAutoScalingGroup, *, now_s: float) -> int:
    """How many of the desired instances are launched and not warmed up, or are not even launched."""
    own = policy.estimated_instance_warmup
    warmup_s = float(own if own is not None else getattr(group, "default_instance_warmup", None) or 0)
    live = [member for member in members_of(group) if member.is_live]
    warm = [member for member in live if member.in_service_s is not None and now_s - member.in_service_s >= warmup_s]
    return max(0, (group.desired_capacity or 0) - len(warm))
