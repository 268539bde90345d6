"""What happens to a deployed stack from outside: requests, load, hours, alarms, and machines that are sold out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.server import EmulatedAws
from sizing.fleet_plan import ScalingPlan
from sizing.plan import Plan

BERLIN = ZoneInfo("Europe/Berlin")
STEP_S = 30
STEPS_MAX = 400


@dataclass(frozen=True, kw_only=True)
class Machine:
    version: str
    state: str
    instance_type: str
    spot: bool


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The group at one moment. ``refresh``: the newest one as AWS describes it, empty where there was none."""

    least: int
    most: int
    desired: int
    machines: tuple[Machine, ...]
    refresh: Mapping[str, Any]
    failures: tuple[str, ...]
    causes: tuple[str, ...]

    @property
    def serving(self) -> list[Machine]:
        return [machine for machine in self.machines if machine.state == "InService"]


@dataclass(frozen=True, kw_only=True)
class ScaledWorld:
    """``waits`` and ``wall``: the clocks of ``aws``; nothing passes but by the methods here."""

    aws: EmulatedAws
    waits: ManualClock
    wall: ManualClock
    plan: Plan
    group: str

    @property
    def scaling(self) -> ScalingPlan:
        assert self.plan.scaling is not None
        return self.plan.scaling

    def see(self) -> Seen:
        autoscaling = self.aws.client("autoscaling")
        (group,) = autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[self.group])["AutoScalingGroups"]
        refreshes = autoscaling.describe_instance_refreshes(AutoScalingGroupName=self.group)["InstanceRefreshes"]
        activities = autoscaling.describe_scaling_activities(AutoScalingGroupName=self.group)["Activities"]
        return Seen(
            least=group["MinSize"],
            most=group["MaxSize"],
            desired=group["DesiredCapacity"],
            machines=tuple(self._machine(item) for item in group["Instances"]),
            refresh=refreshes[0] if refreshes else {},
            failures=tuple(item["StatusMessage"] for item in activities if item["StatusCode"] == "Failed"),
            causes=tuple(item["Cause"] for item in activities),
        )

    def _machine(self, item: Mapping[str, Any]) -> Machine:
        found = self.aws.client("ec2").describe_instances(InstanceIds=[item["InstanceId"]])
        instance = found["Reservations"][0]["Instances"][0]
        return Machine(
            version=item["LaunchTemplate"]["Version"],
            state=item["LifecycleState"],
            instance_type=instance["InstanceType"],
            spot=instance.get("InstanceLifecycle") == "spot",
        )

    def policies(self) -> Mapping[str, Mapping[str, Any]]:
        found = self.aws.client("autoscaling").describe_policies(AutoScalingGroupName=self.group)
        return {policy["PolicyName"]: policy for policy in found["ScalingPolicies"]}

    def schedules(self) -> Mapping[str, Mapping[str, Any]]:
        found = self.aws.client("autoscaling").describe_scheduled_actions(AutoScalingGroupName=self.group)
        return {action["ScheduledActionName"]: action for action in found["ScheduledUpdateGroupActions"]}

    def wake_up(self) -> Seen:
        """Somebody asks the empty group: the load balancer counts what it refuses."""
        self._put_terms("wake-up", {"HTTPCode_ELB_503_Count": 1.0, "GroupDesiredCapacity": 0.0})
        self.minute()
        return self.see()

    def fill(self) -> Seen:
        """The one host is full for three minutes, and EC2 has none of its type any more."""
        self.aws.shortages.run_out(self.plan.host_types[0].instance_type)
        self.waits.advance(2 * self.plan.timers.instance_warmup_s)
        metric = self.policies()["scale-out"]["TargetTrackingConfiguration"]["CustomizedMetricSpecification"]
        for _ in range(3):
            self._put(metric, 2.5 * self.scaling.target)
            self.minute()
        seen = self.see()
        self.aws.shortages.restock()
        return seen

    def thin_out(self) -> Seen:
        """The hosts are nearly idle for as long as it takes until one of them goes."""
        metric = self.policies()["scale-out"]["TargetTrackingConfiguration"]["CustomizedMetricSpecification"]
        for _ in range(self.scaling.low_for_s // 60):
            for _ in range(self.see().desired):
                self._put(metric, 0.1)
            self.minute()
        return self.see()

    def leave_alone(self) -> Seen:
        """Nobody asks for as long as it takes until nothing runs."""
        assert self.scaling.idle_s is not None
        for _ in range(self.scaling.idle_s // 60):
            self._put_terms("to-zero", {"GroupInServiceInstances": 1.0, "HealthyHostCount": 1.0, "Load": 0.0})
            self.minute()
        return self.see()

    def minute(self) -> None:
        self.wall.advance(60)
        self.waits.advance(60)
        self.aws.judge_alarms()

    def until_hour(self, hour: int) -> Seen:
        """Of the clock in Berlin."""
        here = self.aws.now.astimezone(BERLIN)
        then = here.replace(hour=hour, minute=0, second=0, microsecond=0)
        then += timedelta(days=1) if then < here else timedelta()
        self.wall.advance((then.astimezone(UTC) - self.aws.now).total_seconds())
        self.see()
        self.waits.advance(2 * self.plan.timers.instance_warmup_s)
        return self.see()

    def ring(self, alarm: str) -> Seen:
        self.aws.client("cloudwatch").set_alarm_state(
            AlarmName=f"vllm-dev-{alarm}", StateValue="ALARM", StateReason="a test"
        )
        return self.see()

    def until_pause(self) -> Seen:
        """Until some percent of the refresh is complete and nothing new is on its way."""
        return self._until(
            lambda seen: 0 < seen.refresh["PercentageComplete"] < 100 and len(seen.serving) == seen.desired
        )

    def until_end(self) -> Seen:
        return self._until(lambda seen: "EndTime" in seen.refresh)

    def _until(self, is_there: Any) -> Seen:
        for _ in range(STEPS_MAX):
            seen = self.see()
            if is_there(seen):
                return seen
            self.waits.advance(STEP_S)
        raise AssertionError(f"it never came: {seen}")

    def _put_terms(self, alarm: str, values: Mapping[str, float]) -> None:
        """What the metrics of an alarm on metric math say in this minute; nothing of those that ``values`` lacks."""
        (found,) = self.aws.client("cloudwatch").describe_alarms(AlarmNames=[f"vllm-dev-{alarm}"])["MetricAlarms"]
        for query in found["Metrics"]:
            metric = query.get("MetricStat", {}).get("Metric", {})
            if metric.get("MetricName") in values:
                self._put(metric, values[metric["MetricName"]])

    def _put(self, metric: Mapping[str, Any], value: float) -> None:
        entry = {
            "MetricName": metric["MetricName"],
            "Dimensions": metric.get("Dimensions", []),
            "Timestamp": self.aws.now,
            "Value": value,
        }
        self.aws.client("cloudwatch").put_metric_data(Namespace=metric["Namespace"], MetricData=[entry])
