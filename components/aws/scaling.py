"""When replicas come and go by themselves: the group's scaling policies, what sets them off, and its schedules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.metric_alarm import condition_arguments
from components.aws.naming import Tags
from monitoring.identifiers import Identifiers
from monitoring.scaling import LOAD, SCALE_IN, TO_ZERO, WAKE_UP, alarm_name, scaling_alarms
from sizing.fleet_plan import ScalingPlan, SchedulePlan
from sizing.plan import Replicas

SCALE_OUT = "scale-out"
UNCHANGED = -1


@dataclass(frozen=True, kw_only=True)
class ScalingArgs:
    """``replicas``: the bounds outside of every schedule."""

    stack: str
    plan: ScalingPlan
    replicas: Replicas
    group_name: pulumi.Input[str]
    load_balancer_dimension: pulumi.Input[str]
    target_group_dimension: pulumi.Input[str]
    tags: Tags


def is_needed(plan: ScalingPlan) -> bool:
    """Whether the number of replicas ever changes by itself."""
    return plan.follows_load or plan.idle_s is not None or bool(plan.schedules)


class Scaling(pulumi.ComponentResource):
    """Out by a target, fast; in by one host at a time, slowly; to nothing and back where the plan allows it.

    Target tracking never takes a host away: its alarm for that looks at 15 minutes, which is less than a cold start
    may take. Nothing here looks at the GPU, which is busy with one request as with fifty.
    """

    policy_names: Sequence[str]
    schedule_names: Sequence[str]

    def __init__(self, name: str, args: ScalingArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:Scaling", name, None, opts)
        self._name = name
        self._args = args
        self._child = pulumi.ResourceOptions(parent=self)
        policies: dict[str, aws.autoscaling.Policy] = {}
        if args.plan.follows_load:
            self._build_scale_out()
            policies[SCALE_IN] = self._build_simple(SCALE_IN, adjustment_type="ChangeInCapacity", adjustment=-1)
        if args.plan.idle_s is not None:
            policies[TO_ZERO] = self._build_simple(TO_ZERO, adjustment_type="ExactCapacity", adjustment=0)
            policies[WAKE_UP] = self._build_wake_up()
        self._build_alarms(policies)
        for schedule in args.plan.schedules:
            self._build_schedule(schedule)
        self.policy_names = [*([SCALE_OUT] if args.plan.follows_load else []), *policies]
        self.schedule_names = [schedule.name for schedule in args.plan.schedules]
        self.register_outputs({"policy_names": self.policy_names, "schedule_names": self.schedule_names})

    def _build_scale_out(self) -> None:
        load = LOAD[self._args.plan.signal]
        metric = aws.autoscaling.PolicyTargetTrackingConfigurationCustomizedMetricSpecificationArgs(
            namespace=load.namespace,
            metric_name=load.name,
            statistic=load.statistic,
            metric_dimensions=[
                aws.autoscaling.PolicyTargetTrackingConfigurationCustomizedMetricSpecificationMetricDimensionArgs(
                    name="Stack", value=self._args.stack
                )
            ],
        )
        aws.autoscaling.Policy(
            f"{self._name}-{SCALE_OUT}",
            name=SCALE_OUT,
            autoscaling_group_name=self._args.group_name,
            policy_type="TargetTrackingScaling",
            target_tracking_configuration=aws.autoscaling.PolicyTargetTrackingConfigurationArgs(
                customized_metric_specification=metric,
                target_value=self._args.plan.target,
                disable_scale_in=True,
            ),
            opts=self._child,
        )

    def _build_simple(self, id: str, *, adjustment_type: str, adjustment: int) -> aws.autoscaling.Policy:
        # Its alarm acts each minute that it rings; the cool-down is what makes it one host at a time.
        return aws.autoscaling.Policy(
            f"{self._name}-{id}",
            name=id,
            autoscaling_group_name=self._args.group_name,
            policy_type="SimpleScaling",
            adjustment_type=adjustment_type,
            scaling_adjustment=adjustment,
            cooldown=self._args.plan.scale_in_cooldown_s,
            opts=self._child,
        )

    def _build_wake_up(self) -> aws.autoscaling.Policy:
        # By steps, which wait for no cool-down of the policies above. Exactly one: the alarm acts again each minute
        # until the group's own metric says that one is wanted.
        return aws.autoscaling.Policy(
            f"{self._name}-{WAKE_UP}",
            name=WAKE_UP,
            autoscaling_group_name=self._args.group_name,
            policy_type="StepScaling",
            adjustment_type="ExactCapacity",
            metric_aggregation_type="Maximum",
            step_adjustments=[
                aws.autoscaling.PolicyStepAdjustmentArgs(scaling_adjustment=1, metric_interval_lower_bound="0")
            ],
            opts=self._child,
        )

    def _build_alarms(self, policies: Mapping[str, aws.autoscaling.Policy]) -> None:
        args = self._args
        identifiers = pulumi.Output.all(
            args.load_balancer_dimension, args.target_group_dimension, args.group_name
        ).apply(lambda ids: Identifiers(stack=args.stack, load_balancer=ids[0], target_group=ids[1], group=ids[2]))
        for alarm in scaling_alarms(stack=args.stack, scaling=args.plan):
            aws.cloudwatch.MetricAlarm(
                f"{self._name}-{alarm.id}",
                name=alarm_name(stack=args.stack, id=alarm.id),
                alarm_actions=[policies[alarm.id].arn],
                tags=args.tags.named(alarm.id),
                opts=self._child,
                **condition_arguments(alarm, identifiers),
            )

    def _build_schedule(self, schedule: SchedulePlan) -> None:
        base = self._args.replicas
        self._build_action(schedule, "start", recurrence=schedule.start, least=schedule.min, most=schedule.max)
        self._build_action(schedule, "end", recurrence=schedule.end, least=base.min, most=base.max)

    def _build_action(self, schedule: SchedulePlan, end: str, *, recurrence: str, least: int, most: int) -> None:
        aws.autoscaling.Schedule(
            f"{self._name}-{schedule.name}-{end}",
            scheduled_action_name=f"{schedule.name}-{end}",
            autoscaling_group_name=self._args.group_name,
            recurrence=recurrence,
            time_zone=schedule.time_zone,
            min_size=least,
            max_size=most,
            desired_capacity=UNCHANGED,  # moved into the bounds by AWS, and no further
            opts=self._child,
        )
