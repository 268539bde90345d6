"""How hosts are replaced by those of a new version: arguments of the group. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi_aws as aws

from sizing.fleet_plan import ChangePlan
from sizing.healthy import Healthy


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
    return aws.autoscaling.GroupInstanceRefreshArgs(
        strategy="Rolling",
        preferences=aws.autoscaling.GroupInstanceRefreshPreferencesArgs(
            min_healthy_percentage=percent.least,
            max_healthy_percentage=percent.most,
            auto_rollback=True,
            skip_matching=True,
            instance_warmup=str(warmup_s + change.bake_s) if change.bake_s else None,
            checkpoint_percentages=list(change.checkpoints) if change.pauses else None,
            checkpoint_delay=str(change.bake_s) if change.pauses else None,
            alarm_specification=alarms if rollback_alarms else None,
        ),
    )
