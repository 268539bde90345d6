"""Puts the fleet behind moto's groups: what the API calls change, the fleet then carries out.

DeleteAutoScalingGroup: "If the group has instances or scaling activities in progress, you must specify the option
to force the deletion in order for it to succeed. The force delete operation will also terminate the EC2
instances." UpdateAutoScalingGroup: a new minimum above the desired capacity raises it, a new maximum below lowers
it. TerminateInstanceInAutoScalingGroup: the instance passes its hooks, as in a scale-in.
"""

from __future__ import annotations

from typing import Any

from moto.autoscaling.exceptions import AutoscalingClientError, ValidationError
from moto.autoscaling.models import AutoScalingBackend, FakeAutoScalingGroup, autoscaling_backends
from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult
from moto.ec2.responses import EC2Response

from rehearsal.aws.fleet import step_group
from rehearsal.aws.lifecycle import leave, register
from rehearsal.aws.members import members_of
from rehearsal.aws.patch import Method, kept, wrap
from rehearsal.aws.settings import Settings
from rehearsal.aws.world import World


def install() -> None:
    if hasattr(AutoScalingResponse, "complete_lifecycle_action"):
        return  # this moto has wait states, and with them a fleet of its own
    World.add(_step_groups)
    wrap(FakeAutoScalingGroup, "set_desired_capacity", lambda _: _set_desired_capacity)
    wrap(FakeAutoScalingGroup, "update", _update)
    wrap(AutoScalingBackend, "update_attached_target_groups", lambda _: _update_attached_target_groups)
    wrap(AutoScalingBackend, "notify_terminate_instances", lambda _: _notify_terminate_instances)
    wrap(AutoScalingBackend, "delete_auto_scaling_group", _delete)
    wrap(AutoScalingResponse, "delete_auto_scaling_group", _delete_response)
    wrap(AutoScalingResponse, "terminate_instance_in_auto_scaling_group", lambda _: _terminate_response)
    for owner in (AutoScalingResponse, EC2Response):
        wrap(owner, "call_action", _one_at_a_time)


def _step_groups(settings: Settings) -> bool:
    moved = False
    for _, _, backend in list(autoscaling_backends.iter_backends()):
        for group in list(getattr(backend, "autoscaling_groups", {}).values()):
            moved = step_group(group, settings) or moved
    return moved


def _one_at_a_time(original: Method) -> Method:
    """moto's server handles requests in threads and its models have no locks; the fleet needs one.

    What a call sets off begins with the call, not with the next one: so that its waits are counted from there.
    """

    def call_action(self: Any) -> Any:
        world = World.running()
        with world.lock:
            response = original(self)
            world.step()
            return response

    return call_action


def _set_desired_capacity(self: FakeAutoScalingGroup, new_capacity: int | None) -> None:
    self.desired_capacity = self.min_size if new_capacity is None else new_capacity


def _update(original: Method) -> Method:
    def update(self: FakeAutoScalingGroup, **changes: Any) -> None:
        if changes.get("desired_capacity") is None:
            least = self.min_size if changes.get("min_size") is None else changes["min_size"]
            most = self.max_size if changes.get("max_size") is None else changes["max_size"]
            changes["desired_capacity"] = min(max(self.desired_capacity or 0, least or 0), most or 0)
        original(self, **changes)

    return update


def _update_attached_target_groups(self: AutoScalingBackend, group_name: str) -> None:
    """Register the instances in service, and only those."""
    group = self.autoscaling_groups[group_name]
    register(group, group.active_instances())


def _notify_terminate_instances(self: AutoScalingBackend, instance_ids: list[str]) -> None:
    """Nothing: the fleet's health check sees what EC2 terminated."""
    del self, instance_ids


def _delete(original: Method) -> Method:
    def delete(self: AutoScalingBackend, group_name: str) -> None:
        group = self.autoscaling_groups.get(group_name)
        running = [] if group is None else [state.instance_id for state in group.instance_states]
        original(self, group_name)
        if running:
            self.ec2_backend.terminate_instances(running)
            self.elbv2_backend.notify_terminate_instances(running)
        for key, hook in list(self.lifecycle_hooks.items()):
            if hook.auto_scaling_group_name == group_name:
                del self.lifecycle_hooks[key]
        for name, policy in list(self.policies.items()):
            if policy.auto_scaling_group_name == group_name:
                del self.policies[name]
        kept(self, "refreshes").pop(group_name, None)

    return delete


def _delete_response(original: Method) -> Method:
    def delete(self: Any) -> Any:
        name = self._get_param("AutoScalingGroupName")
        group = self.autoscaling_backend.autoscaling_groups.get(name)
        if group is not None and group.instance_states and not self._get_bool_param("ForceDelete", False):
            raise AutoscalingClientError(
                "ResourceInUse",
                "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance "
                "request(s) still in the group.",
            )
        return original(self)

    return delete


def _terminate_response(self: Any) -> ActionResult:
    instance_id = self._get_param("InstanceId")
    for group in self.autoscaling_backend.autoscaling_groups.values():
        for member in members_of(group):
            if member.instance_id == instance_id and member.is_live:
                if self._get_bool_param("ShouldDecrementDesiredCapacity", False):
                    group.desired_capacity = max(0, (group.desired_capacity or 0) - 1)
                leave(
                    member,
                    World.running().settings,
                    cause="an instance was taken out of service in response to a user request.",
                )
                return ActionResult({"Activity": member.activity})
    raise ValidationError(f"Instance Id not found - No managed instance found for instance ID: {instance_id}")
