"""The states an instance of a group passes through, with the hooks' wait states that moto leaves out.

User guide, "How lifecycle hooks work": "The lifecycle hook puts the instance into a wait state (Pending:Wait)
[...]. The instance remains in a wait state until you either complete the lifecycle action, or the timeout period
ends. [...] then the Auto Scaling group continues the launch process (Pending:Proceed)." The same for
Terminating:Wait and Terminating:Proceed. "ABANDON" of a launch terminates the instance; of a termination it only
ends the remaining hooks. An instance leaves its target groups, and they drain it, before its terminating hook.
"""

from __future__ import annotations

import base64
from typing import Any

from rehearsal.aws.activities import Activity, record
from rehearsal.aws.members import HookWait, Member
from rehearsal.aws.settings import Guest, Settings
from rehearsal.aws.targets import deregistration_delay_s

_LAUNCHING = "autoscaling:EC2_INSTANCE_LAUNCHING"
_TERMINATING = "autoscaling:EC2_INSTANCE_TERMINATING"


def advance(member: Member, settings: Settings) -> bool:
    """Take ``member`` one state further if it is time; True when it moved.

    A launch whose hook is abandoned goes to Terminating and closes its activity as Cancelled.
    """
    before = member.lifecycle_state
    match before:
        case "Pending":
            member.lifecycle_state = _wait(member, _LAUNCHING, settings) or "Pending:Proceed"
        case "Pending:Wait":
            _wait_for_launch(member, settings)
        case "Pending:Proceed":
            _enter_service(member, settings)
        case "Terminating":
            if settings.waits.seconds() >= (member.drained_s or 0):
                member.lifecycle_state = _wait(member, _TERMINATING, settings) or "Terminating:Proceed"
        case "Terminating:Wait":
            _poll(member, settings)
            if _abandoned(member) or all(wait.result for wait in member.waits):
                member.lifecycle_state = "Terminating:Proceed"
        case "Terminating:Proceed":
            _terminate(member)
    return member.lifecycle_state != before


def leave(member: Member, settings: Settings, *, cause: str) -> None:
    """Begin to terminate ``member``: out of its target groups first, then its hooks, then EC2."""
    group = member.auto_scaling_group
    backend = group.autoscaling_backend
    now_s = settings.waits.seconds()
    member.lifecycle_state = "Terminating"
    member.drained_s = now_s
    for arn in group.target_group_arns:
        target_group = backend.elbv2_backend.target_groups.get(arn)
        if target_group is not None and member.instance_id in target_group.targets:
            target_group.deregister([{"Id": member.instance_id}])
            member.drained_s = max(member.drained_s, now_s + deregistration_delay_s(target_group))
    member.activity = record(
        backend,
        Activity(
            auto_scaling_group_name=group.name,
            description=f"Terminating EC2 instance: {member.instance_id}",
            cause=cause,
            status_code="WaitingForELBConnectionDraining" if member.drained_s > now_s else "InProgress",
        ),
    )


def _wait(member: Member, transition: str, settings: Settings) -> str | None:
    """Start the hooks of ``transition``; the wait state, or None when there are none."""
    hooks = [
        hook
        for hook in member.auto_scaling_group.autoscaling_backend.lifecycle_hooks.values()
        if hook.auto_scaling_group_name == member.auto_scaling_group_name and hook.lifecycle_transition == transition
    ]
    if not hooks:
        return None
    now_s = settings.heartbeats.seconds()
    member.waits = [HookWait.start(hook, now_s=now_s) for hook in hooks]
    member.activity.wait("MidLifecycleAction")
    return "Pending:Wait" if transition == _LAUNCHING else "Terminating:Wait"


def _poll(member: Member, settings: Settings) -> None:
    """Let the played host answer and let timeouts expire."""
    now_s = settings.heartbeats.seconds()
    transition = member.transition
    for wait in member.waits:
        if wait.result is None and settings.host is not None and transition is not None:
            answer = settings.host(
                Guest(
                    instance_id=member.instance_id,
                    availability_zone=member.availability_zone or "",
                    launch_template_version=str(member.source.version),
                    user_data=_text(member.instance.user_data),
                    transition=transition,
                    waited_s=now_s - wait.started_s,
                )
            )
            if answer == "HEARTBEAT":
                wait.heartbeat(now_s=now_s)
            else:
                wait.result = answer
        wait.expire(now_s=now_s)


def _text(user_data: Any) -> str:
    return base64.b64decode(str(user_data or "")).decode(errors="replace")


def _abandoned(member: Member) -> HookWait | None:
    return next((wait for wait in member.waits if wait.result == "ABANDON"), None)


def _wait_for_launch(member: Member, settings: Settings) -> None:
    _poll(member, settings)
    abandoned = _abandoned(member)
    if abandoned is not None:
        member.launch_failure = abandoned.reason
        member.activity.close("Cancelled", abandoned.reason)
        leave(member, settings, cause="an instance failed to complete its launch lifecycle action.")
    elif all(wait.result for wait in member.waits):
        member.lifecycle_state = "Pending:Proceed"


def _enter_service(member: Member, settings: Settings) -> None:
    group = member.auto_scaling_group
    member.lifecycle_state = "InService"
    member.in_service_s = settings.waits.seconds()
    member.activity.close("Successful")
    if not {process["ProcessName"] for process in group.suspended_processes} & {"AddToLoadBalancer"}:
        register(group, [member])


def register(group: Any, states: list[Any]) -> None:
    """Put instances behind the load balancer, those of them that are not there yet."""
    for arn in group.target_group_arns:
        target_group = group.autoscaling_backend.elbv2_backend.target_groups.get(arn)
        if target_group is not None:
            missing = [state.instance_id for state in states if state.instance_id not in target_group.targets]
            target_group.register([{"Id": instance_id, "Port": target_group.port} for instance_id in missing])


def _terminate(member: Member) -> None:
    group = member.auto_scaling_group
    if member.instance.state != "terminated":
        group.ec2_backend.terminate_instances([member.instance_id])
    forget(member)
    member.activity.close("Successful")


def forget(member: Member) -> None:
    """Take a terminated instance out of its group and its target groups."""
    group = member.auto_scaling_group
    member.lifecycle_state = "Terminated"
    group.instance_states = [state for state in group.instance_states if state is not member]
    for arn in group.target_group_arns:
        target_group = group.autoscaling_backend.elbv2_backend.target_groups.get(arn)
        if target_group is not None and member.instance_id in target_group.targets:
            target_group.deregister([{"Id": member.instance_id}])
