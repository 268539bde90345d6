"""Lifecycle hooks: the ones given with a group, their arguments as given, and the calls that complete them.

CreateAutoScalingGroup: "LifecycleHookSpecificationList: One or more lifecycle hooks to add to the Auto Scaling
group before instances are launched." PutLifecycleHook also updates a hook: what is not given stays. Moto ignores
the list, and gives every hook the same example role and queue, which is a change in each preview.
CompleteLifecycleAction and RecordLifecycleActionHeartbeat name the action by token or by instance.
"""

from __future__ import annotations

from typing import Any

from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import LifecycleHook
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import EmptyResult

from rehearsal.aws.members import HookWait, members_of
from rehearsal.aws.patch import Method, add, wrap
from rehearsal.aws.world import World

_HEARTBEAT_RANGE_S = range(30, 7201)
_GLOBAL_LIMIT_S = 48 * 3600


def install() -> None:
    wrap(LifecycleHook, "__init__", _no_example_arns)
    wrap(AutoScalingResponse, "create_auto_scaling_group", _with_initial_hooks)
    wrap(AutoScalingResponse, "put_lifecycle_hook", lambda _: _put_lifecycle_hook)
    add(
        AutoScalingResponse,
        complete_lifecycle_action=_complete,
        record_lifecycle_action_heartbeat=_record_heartbeat,
    )


def _no_example_arns(original: Method) -> Method:
    def init(self: LifecycleHook, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.__dict__.update(role_arn=None, notification_target_arn=None, notification_metadata=None)

    return init


def _with_initial_hooks(original: Method) -> Method:
    def create(self: Any) -> Any:
        result = original(self)
        name = self._get_param("AutoScalingGroupName")
        for given in self._get_param("LifecycleHookSpecificationList", []):
            _put(self.autoscaling_backend, group_name=name, given=given)
        return result

    return create


def _put_lifecycle_hook(self: Any) -> EmptyResult:
    names = (
        "LifecycleHookName",
        "LifecycleTransition",
        "HeartbeatTimeout",
        "DefaultResult",
        "RoleARN",
        "NotificationTargetARN",
        "NotificationMetadata",
    )
    given = {name: self._get_param(name) for name in names}
    _put(self.autoscaling_backend, group_name=self._get_param("AutoScalingGroupName"), given=given)
    return EmptyResult()


def _put(backend: Any, *, group_name: str, given: dict[str, Any]) -> None:
    name = given["LifecycleHookName"]
    if group_name not in backend.autoscaling_groups:
        raise ValidationError(f"AutoScalingGroup name not found - null or '{group_name}'")
    timeout = given.get("HeartbeatTimeout")
    if timeout is not None and int(timeout) not in _HEARTBEAT_RANGE_S:
        raise ValidationError(f"HeartbeatTimeout must be between 30 and 7200 seconds, not {timeout}")
    old = backend.describe_lifecycle_hooks(as_name=group_name, lifecycle_hook_names=[name])
    before = old[0] if old else None
    hook = backend.create_lifecycle_hook(
        name=name,
        as_name=group_name,
        transition=given.get("LifecycleTransition") or getattr(before, "lifecycle_transition", None),
        timeout=int(timeout) if timeout else getattr(before, "heartbeat_timeout", None),
        result=given.get("DefaultResult") or getattr(before, "default_result", None),
    )
    hook.global_timeout = min(_GLOBAL_LIMIT_S, 100 * hook.heartbeat_timeout)
    for attribute, key in (
        ("role_arn", "RoleARN"),
        ("notification_target_arn", "NotificationTargetARN"),
        ("notification_metadata", "NotificationMetadata"),
    ):
        setattr(hook, attribute, given.get(key) or getattr(before, attribute, None))


def _complete(self: Any) -> EmptyResult:
    result = self._get_param("LifecycleActionResult")
    if result not in ("CONTINUE", "ABANDON"):
        raise ValidationError(f"LifecycleActionResult must be CONTINUE or ABANDON, not {result}")
    _waiting(self).result = result
    return EmptyResult()


def _record_heartbeat(self: Any) -> EmptyResult:
    _waiting(self).heartbeat(now_s=World.running().settings.heartbeats.seconds())
    return EmptyResult()


def _waiting(response: Any) -> HookWait:
    """The lifecycle action that the request names; ValidationError, as AWS, when none is in progress."""
    group_name = response._get_param("AutoScalingGroupName")
    instance_id = response._get_param("InstanceId")
    token = response._get_param("LifecycleActionToken")
    group = response.autoscaling_backend.autoscaling_groups.get(group_name)
    for member in [] if group is None else members_of(group):
        for wait in member.waits if member.transition else []:
            named = wait.token == token if token else member.instance_id == instance_id
            if named and wait.hook_name == response._get_param("LifecycleHookName") and not wait.result:
                return wait
    raise ValidationError(
        f"No active Lifecycle Action found with token {token}"
        if token
        else f"No active Lifecycle Action found with instance ID {instance_id}"
    )
