"""The replicas: an Auto Scaling group that heals, rolls and drains."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws import capacity, refresh
from components.aws.naming import Tags
from sizing.fleet_plan import CapacityPlan, ChangePlan, HostType
from sizing.healthy import healthy
from sizing.plan import Replicas, Timers
from userdata.options import LAUNCHING_HOOK, TERMINATING_HOOK

GROUP_METRICS: Sequence[aws.autoscaling.Metric] = (
    aws.autoscaling.Metric.GROUP_DESIRED_CAPACITY,
    aws.autoscaling.Metric.GROUP_IN_SERVICE_INSTANCES,
    aws.autoscaling.Metric.GROUP_PENDING_INSTANCES,
    aws.autoscaling.Metric.GROUP_TERMINATING_INSTANCES,
    aws.autoscaling.Metric.GROUP_TOTAL_INSTANCES,
)
"""Metrics that Auto Scaling publishes only when asked; alarms and dashboard use them."""


@dataclass(frozen=True, kw_only=True)
class FleetArgs:
    """``subnet_ids``: one per zone that has cache slots. ``host_types``: that hosts may have, the preferred first.

    ``min_moves``: the least number is 0 or changes by the hour, and alarms compare with what it is.
    ``rollback_alarms``: names of alarms that call a change back. Names and no resources: alarms need the group's.
    """

    launch_template_id: pulumi.Input[str]
    launch_template_version: pulumi.Input[str]
    subnet_ids: pulumi.Input[list[str]]
    target_group_arn: pulumi.Input[str]
    replicas: Replicas
    timers: Timers
    capacity: CapacityPlan
    host_types: Sequence[HostType]
    change: ChangePlan
    min_moves: bool
    rollback_alarms: Sequence[str]
    tags: Tags


@dataclass(frozen=True, kw_only=True)
class _Hook:
    """What happens at one end of an instance's life, and what if nobody answers in time."""

    name: str
    transition: str
    timeout_s: int
    default_result: str


class Fleet(pulumi.ComponentResource):
    """The group and its two lifecycle hooks.

    A host joins when its launching hook is completed, after it has served a completion. Auto Scaling works with its
    service-linked role AWSServiceRoleForAutoScaling, which the account's first group creates; a customer KMS key on
    the volumes would have to grant that role.

    Schedules set other bounds on the group that runs. ``pulumi up`` sends a bound only when the stack file's own one
    changes, so a preview shows nothing while a schedule is in force. What reads the group then (``pulumi refresh``, an
    ``up`` that changes it) makes the next preview show the schedule's bounds, and the next ``up`` sets those of the
    stack file until the schedule's next time.
    """

    group_name: pulumi.Output[str]
    group_arn: pulumi.Output[str]

    def __init__(self, name: str, args: FleetArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:Fleet", name, None, opts)
        group = self._group(name, args=args)
        for hook in _hooks(args.timers):
            self._lifecycle_hook(hook, group=group)
        self.group_name = group.name
        self.group_arn = group.arn
        self.register_outputs({"group_name": self.group_name, "group_arn": self.group_arn})

    def _group(self, name: str, *, args: FleetArgs) -> aws.autoscaling.Group:
        percent = healthy(launch_first=args.change.launch_first, most_replicas=args.replicas.most)
        template = capacity.Template(id=args.launch_template_id, version=args.launch_template_version)
        is_mixed = capacity.is_mixed(capacity=args.capacity, host_types=args.host_types)
        return aws.autoscaling.Group(
            name,
            min_size=args.replicas.min,
            max_size=args.replicas.max,
            vpc_zone_identifiers=args.subnet_ids,
            launch_template=None if is_mixed else capacity.launch_template(template),
            mixed_instances_policy=capacity.mixed_instances_policy(
                template, capacity=args.capacity, host_types=args.host_types
            )
            if is_mixed
            else None,
            capacity_reservation_specification=capacity.group_reservations(args.capacity),
            target_group_arns=[args.target_group_arn],
            # Not "ELB": the group would replace a host whose vLLM restarts. docs/decisions/0009
            health_check_type="EC2",
            capacity_rebalance=True,  # spot: the replacement boots before the notice, where AWS foresees one
            health_check_grace_period=args.timers.grace_period_s,
            default_instance_warmup=args.timers.instance_warmup_s,
            # Hooks that exist before the first instance; `_lifecycle_hook` carries later edits.
            initial_lifecycle_hooks=[_initial(hook) for hook in _hooks(args.timers)],
            instance_maintenance_policy=refresh.maintenance_policy(percent),
            instance_refresh=refresh.instance_refresh(
                args.change,
                percent=percent,
                warmup_s=args.timers.instance_warmup_s,
                rollback_alarms=args.rollback_alarms,
            ),
            termination_policies=["OldestLaunchTemplate", "OldestInstance"],
            enabled_metrics=[*GROUP_METRICS, *((aws.autoscaling.Metric.GROUP_MIN_SIZE,) if args.min_moves else ())],
            metrics_granularity="1Minute",
            # `up` returns once the group exists; `ops rollout --wait` follows the boot, which may take half an hour.
            wait_for_capacity_timeout="0",
            force_delete=True,
            tags=_propagated(args.tags.named("host")),
            opts=pulumi.ResourceOptions(parent=self, ignore_changes=["initialLifecycleHooks"]),
        )

    def _lifecycle_hook(self, hook: _Hook, *, group: aws.autoscaling.Group) -> None:
        aws.autoscaling.LifecycleHook(
            hook.name,
            name=hook.name,
            autoscaling_group_name=group.name,
            lifecycle_transition=hook.transition,
            heartbeat_timeout=hook.timeout_s,
            default_result=hook.default_result,
            opts=pulumi.ResourceOptions(parent=self),
        )


def _hooks(timers: Timers) -> tuple[_Hook, _Hook]:
    return (
        _Hook(
            name=LAUNCHING_HOOK,
            transition="autoscaling:EC2_INSTANCE_LAUNCHING",
            timeout_s=timers.launch_heartbeat_timeout_s,
            default_result="ABANDON",  # a host that never reported must not get traffic
        ),
        _Hook(
            name=TERMINATING_HOOK,
            transition="autoscaling:EC2_INSTANCE_TERMINATING",
            timeout_s=timers.terminate_heartbeat_timeout_s,
            default_result="CONTINUE",  # a hung host must not live for ever
        ),
    )


def _initial(hook: _Hook) -> aws.autoscaling.GroupInitialLifecycleHookArgs:
    return aws.autoscaling.GroupInitialLifecycleHookArgs(
        name=hook.name,
        lifecycle_transition=hook.transition,
        heartbeat_timeout=hook.timeout_s,
        default_result=hook.default_result,
    )


def _propagated(tags: dict[str, str]) -> list[aws.autoscaling.GroupTagArgs]:
    return [
        aws.autoscaling.GroupTagArgs(key=key, value=value, propagate_at_launch=True)
        for key, value in sorted(tags.items())
    ]
