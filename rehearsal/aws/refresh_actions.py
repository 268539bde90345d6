"""StartInstanceRefresh, DescribeInstanceRefreshes, CancelInstanceRefresh and RollbackInstanceRefresh.

RefreshPreferences: "If you do not specify this property, the default is 90 percent, or the percentage set in the
instance maintenance policy for the Auto Scaling group" (minimum; 100 for the maximum), "the instance warmup by
default is the value of the DefaultInstanceWarmup property, if defined [...], or the HealthCheckGracePeriod
property otherwise". AutoRollback: "A rollback is not supported in the following situations: There is no desired
configuration specified for the instance refresh. [...] The Auto Scaling group uses the launch template's $Latest
or $Default version." MaxHealthyPercentage: "If you specify MaxHealthyPercentage, you must also specify
MinHealthyPercentage, and the difference between them cannot be greater than 100."
"""

from __future__ import annotations

from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import FakeAutoScalingGroup
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from rehearsal.aws.checkpoints import Checkpoints, checkpoints_of
from rehearsal.aws.members import Source, source_of
from rehearsal.aws.patch import add
from rehearsal.aws.refresh import Preferences, Refresh, active_refresh, refreshes_of

_DEFAULT_MIN_HEALTHY_PERCENT = 90
_KNOWN = {
    "MinHealthyPercentage",
    "MaxHealthyPercentage",
    "InstanceWarmup",
    "SkipMatching",
    "AutoRollback",
    "AlarmSpecification",
    "BakeTime",
    "CheckpointDelay",
    "CheckpointPercentages",
    "ScaleInProtectedInstances",
    "StandbyInstances",
}


def install() -> None:
    add(
        AutoScalingResponse,
        start_instance_refresh=_start,
        describe_instance_refreshes=_describe,
        cancel_instance_refresh=_cancel,
        rollback_instance_refresh=_roll_back,
    )


def _start(response: Any) -> ActionResult:
    group = _group(response)
    if active_refresh(group) is not None:
        raise AutoscalingClientError(
            "InstanceRefreshInProgress",
            "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.",
        )
    if response._get_param("Strategy", "Rolling") != "Rolling":
        raise ValidationError("the emulated AWS knows the Rolling strategy only")
    desired = response._get_param("DesiredConfiguration") or None
    preferences = _preferences(group, given=response._get_param("Preferences") or {})
    if preferences.auto_rollback:
        _check_rollback(group, desired=desired)
    previous = source_of(group)
    refresh = Refresh(
        group=group,
        preferences=preferences,
        desired=desired,
        previous=previous,
        source=previous if desired is None else _desired_source(group, desired),
    )
    refreshes_of(group.autoscaling_backend, group.name).insert(0, refresh)
    return ActionResult({"InstanceRefreshId": refresh.instance_refresh_id})


def _describe(response: Any) -> ActionResult:
    group = _group(response)
    wanted = response._get_param("InstanceRefreshIds", [])
    found = [
        _description(refresh)
        for refresh in refreshes_of(group.autoscaling_backend, group.name)
        if not wanted or refresh.instance_refresh_id in wanted
    ]
    return ActionResult({"InstanceRefreshes": found[: response._get_int_param("MaxRecords", 50)]})


def _cancel(response: Any) -> ActionResult:
    refresh = _active(response)
    refresh.cancel()
    return ActionResult({"InstanceRefreshId": refresh.instance_refresh_id})


def _roll_back(response: Any) -> ActionResult:
    refresh = _active(response)
    if refresh.desired is None or refresh.status != "InProgress":
        raise AutoscalingClientError(
            "IrreversibleInstanceRefresh", "This Instance Refresh has no desired configuration to undo."
        )
    refresh.roll_back("Rollback was manually initiated.")
    return ActionResult({"InstanceRefreshId": refresh.instance_refresh_id})


def _group(response: Any) -> FakeAutoScalingGroup:
    name = response._get_param("AutoScalingGroupName")
    group: FakeAutoScalingGroup | None = response.autoscaling_backend.autoscaling_groups.get(name)
    if group is None:
        raise ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup '{name}' not found")
    return group


def _active(response: Any) -> Refresh:
    refresh = active_refresh(_group(response))
    if refresh is None or refresh.status == "Cancelling":
        raise AutoscalingClientError(
            "ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found."
        )
    return refresh


def _preferences(group: FakeAutoScalingGroup, *, given: dict[str, Any]) -> Preferences:
    unknown = sorted(name for name in set(given) - _KNOWN if given[name])
    if unknown:
        raise ValidationError(f"the emulated AWS does not know the preferences {', '.join(unknown)}")
    policy = getattr(group, "instance_maintenance_policy", None) or {}
    least = given.get("MinHealthyPercentage", policy.get("MinHealthyPercentage"))
    most = given.get("MaxHealthyPercentage", policy.get("MaxHealthyPercentage"))
    if "MaxHealthyPercentage" in given and "MinHealthyPercentage" not in given:
        raise ValidationError("MinHealthyPercentage must be specified if MaxHealthyPercentage is")
    if least is not None and most is not None and int(most) - int(least) > 100:
        raise ValidationError("The difference between Max and MinHealthyPercentage cannot exceed 100")
    warmup = given.get("InstanceWarmup")
    if warmup is None:
        warmup = getattr(group, "default_instance_warmup", None)
    return Preferences(
        min_healthy_percent=_DEFAULT_MIN_HEALTHY_PERCENT if least is None else int(least),
        max_healthy_percent=None if most is None else int(most),
        warmup_s=float(group.health_check_grace_period or 0) if warmup is None else float(warmup),
        skip_matching=bool(given.get("SkipMatching")),
        auto_rollback=bool(given.get("AutoRollback")),
        alarms=tuple((given.get("AlarmSpecification") or {}).get("Alarms") or ()),
        checkpoints=_checkpoints(given),
        bake_s=float(given.get("BakeTime") or 0),
    )


def _checkpoints(given: dict[str, Any]) -> Checkpoints:
    try:
        return checkpoints_of(given)
    except ValueError as error:
        raise ValidationError(str(error)) from error


def _check_rollback(group: FakeAutoScalingGroup, *, desired: dict[str, Any] | None) -> None:
    if desired is None:
        raise ValidationError("AutoRollback cannot be set to true when no DesiredConfiguration is specified")
    if str(group.launch_template_version).startswith("$"):
        raise ValidationError("AutoRollback needs a numbered version of the group's launch template")


def _desired_source(group: FakeAutoScalingGroup, desired: dict[str, Any]) -> Source:
    policy = desired.get("MixedInstancesPolicy") or {}
    specification = desired.get("LaunchTemplate") or (policy.get("LaunchTemplate") or {}).get(
        "LaunchTemplateSpecification", {}
    )
    backend = group.ec2_backend
    if "LaunchTemplateId" in specification:
        template = backend.get_launch_template(specification["LaunchTemplateId"])
    else:
        template = backend.get_launch_template_by_name(specification["LaunchTemplateName"])
    return Source(template=template, version=template.get_version(specification.get("Version") or "$Default").number)


def _description(refresh: Refresh) -> dict[str, Any]:
    preferences = refresh.preferences
    alarms = list(preferences.alarms)
    return {
        "InstanceRefreshId": refresh.instance_refresh_id,
        "AutoScalingGroupName": refresh.group.name,
        "Status": refresh.status,
        "StatusReason": refresh.status_reason,
        "StartTime": refresh.start_time,
        "EndTime": refresh.end_time,
        "PercentageComplete": refresh.percentage_complete,
        "InstancesToUpdate": refresh.instances_to_update,
        "Strategy": "Rolling",
        "Preferences": {
            "MinHealthyPercentage": preferences.min_healthy_percent,
            "MaxHealthyPercentage": preferences.max_healthy_percent,
            "InstanceWarmup": int(preferences.warmup_s),
            "SkipMatching": preferences.skip_matching,
            "AutoRollback": preferences.auto_rollback,
            "AlarmSpecification": {"Alarms": alarms} if alarms else None,
            "BakeTime": int(preferences.bake_s) or None,
            "CheckpointPercentages": list(preferences.checkpoints.percentages) or None,
            "CheckpointDelay": int(preferences.checkpoints.delay_s) if preferences.checkpoints.percentages else None,
        },
        "DesiredConfiguration": refresh.desired,
        "RollbackDetails": refresh.rollback_details,
    }
