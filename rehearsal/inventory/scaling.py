"""Scaling policies with the alarms that set them off, and scheduled actions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from rehearsal.inventory.model import Client, Section


def scaling(client: Client, *, group: Mapping[str, Any]) -> Iterator[Section]:
    """Nothing where the size of the group never changes by itself."""
    autoscaling, name = client("autoscaling"), group["AutoScalingGroupName"]
    policies = autoscaling.describe_policies(AutoScalingGroupName=name)["ScalingPolicies"]
    if policies:
        alarms = client("cloudwatch").describe_alarms()["MetricAlarms"]
        yield Section(
            title="Scaling policies",
            rows=tuple((policy["PolicyName"], f"{_does(policy)}; {_when(policy, alarms)}") for policy in policies),
        )
    actions = autoscaling.describe_scheduled_actions(AutoScalingGroupName=name)["ScheduledUpdateGroupActions"]
    if actions:
        yield Section(
            title="Scheduled actions",
            rows=tuple((action["ScheduledActionName"], _changes(action)) for action in actions),
        )


def _does(policy: Mapping[str, Any]) -> str:
    if policy["PolicyType"] == "TargetTrackingScaling":
        tracked = policy["TargetTrackingConfiguration"]
        metric = tracked["CustomizedMetricSpecification"]
        only = ", only by adding" if tracked.get("DisableScaleIn") else ""
        return f"holds {metric['MetricName']} at {tracked['TargetValue']:g} on average{only}"
    amounts = [step["ScalingAdjustment"] for step in policy.get("StepAdjustments", [])]
    amount = policy.get("ScalingAdjustment", amounts[0] if amounts else 0)
    pause = f", again after {policy['Cooldown']} s" if policy.get("Cooldown") else ""
    return f"{policy['AdjustmentType']} {amount:+d}{pause}".replace("ExactCapacity +", "ExactCapacity ")


def _when(policy: Mapping[str, Any], alarms: list[Mapping[str, Any]]) -> str:
    """Which alarms execute it."""
    names = [alarm["AlarmName"] for alarm in alarms if policy["PolicyARN"] in alarm["AlarmActions"]]
    return f"set off by {', '.join(names)}" if names else "set off by nothing"


def _changes(action: Mapping[str, Any]) -> str:
    bounds = f"min {action.get('MinSize', 'as it is')}, max {action.get('MaxSize', 'as it is')}"
    return f"{action['Recurrence']} in {action.get('TimeZone', 'UTC')}: {bounds}"
