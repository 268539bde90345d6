"""How hosts are replaced by those of a new version: arguments of the group. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi_aws as aws

from sizing.fleet_plan import ChangePlan

ALL = 100  # percent


@dataclass(frozen=True, kw_only=True)
class Healthy:
    """Of the desired number, in percent: the least that serve during a replacement, and the most that run.

    ``most`` None: an old host ends and its replacement starts at the same time. With a most of 100, Auto Scaling would
    launch first wherever the least leaves no whole host (API_RefreshPreferences).
    """

    least: int
    most: int | None


def healthy(*, launch_first: bool, most_replicas: int) -> Healthy:
    """One host at a time, which is there before the old one goes, or comes after it.

    One, because the cache pool has one slot per zone to spare. ``most_replicas``: that there can ever be; with fewer a
    percentage leaves no whole host, and Auto Scaling replaces one all the same.
    """
    if launch_first:
        return Healthy(least=ALL, most=ALL + ALL // most_replicas)
    return Healthy(least=ALL * (most_replicas - 1) // most_replicas, most=None)


def maintenance_policy(percent: Healthy) -> aws.autoscaling.GroupInstanceMaintenancePolicyArgs | None:
    """For replacements that are no change: of unhealthy hosts, of other zones. It takes no policy without a most."""
    if percent.most is None:
        return None
    return aws.autoscaling.GroupInstanceMaintenancePolicyArgs(
        min_healthy_percentage=percent.least, max_healthy_percentage=percent.most
    )


def instance_refresh(
    change: ChangePlan, *, percent: Healthy, warmup_s: int, rollback_alarms: Sequence[str]
) -> aws.autoscaling.GroupInstanceRefreshArgs:
    """A rolling one, which an alarm of ``rollback_alarms`` (their names) calls back. ``warmup_s``: of the group.

    Each new host bakes as a part of its warm-up: with the last checkpoint, at all hosts, a refresh ends at once, and
    the provider has no bakeTime.
    """
    alarms = aws.autoscaling.GroupInstanceRefreshPreferencesAlarmSpecificationArgs(alarms=list(rollback_alarms))
    bakes = change.bake_s > 0
    pauses = bakes and len(change.checkpoints) > 1
    return aws.autoscaling.GroupInstanceRefreshArgs(
        strategy="Rolling",
        preferences=aws.autoscaling.GroupInstanceRefreshPreferencesArgs(
            min_healthy_percentage=percent.least,
            max_healthy_percentage=percent.most,
            auto_rollback=True,
            skip_matching=True,
            instance_warmup=str(warmup_s + change.bake_s) if bakes else None,
            checkpoint_percentages=list(change.checkpoints) if pauses else None,
            checkpoint_delay=str(change.bake_s) if pauses else None,
            alarm_specification=alarms if rollback_alarms else None,
        ),
    )
