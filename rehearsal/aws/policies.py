"""Scaling policies come back as they were put, a target tracking policy with the alarms that AWS makes for it.

PutScalingPolicy: "Enabled: Indicates whether the scaling policy is enabled or disabled. The default is enabled."
Moto leaves it out, returns an empty PredictiveScalingConfiguration, and answers without the ARN. User guide, "Target
tracking scaling policies": "Amazon EC2 Auto Scaling creates and manages the CloudWatch alarms that trigger the scaling
policy", and deletes them with it; the one that scales out looks at three minutes. With DisableScaleIn it is alone, and
the one that scales in is not made here in any case. What a policy does is in scaling.py.
"""

from __future__ import annotations

from typing import Any

from moto.autoscaling.models import AutoScalingBackend, FakeScalingPolicy
from moto.autoscaling.responses import AutoScalingResponse
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.responses import ActionResult, EmptyResult

from rehearsal.aws.patch import Method, wrap
from rehearsal.aws.scaling import Breach, execute
from rehearsal.aws.world import World

_MINUTES = 3


def install() -> None:
    wrap(FakeScalingPolicy, "__init__", _plain)
    wrap(AutoScalingResponse, "put_scaling_policy", _with_the_rest)
    wrap(AutoScalingResponse, "execute_policy", lambda _: _execute)
    wrap(AutoScalingBackend, "delete_policy", _with_its_alarm)
    wrap(AutoScalingBackend, "delete_auto_scaling_group", _with_its_policies)


def _plain(original: Method) -> Method:
    def init(self: FakeScalingPolicy, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self.__dict__["enabled"] = True
        self.__dict__["predictive_scaling_configuration"] = self.predictive_scaling_configuration or None

    return init


def _with_the_rest(original: Method) -> Method:
    def put(self: Any) -> Any:
        original(self)
        policy = self.autoscaling_backend.policies[self._get_param("PolicyName")]
        policy.enabled = self._get_bool_param("Enabled", True)
        _put_alarm(policy)
        return ActionResult({"PolicyARN": policy.arn, "Alarms": policy.__dict__.get("alarms", [])})

    return put


def _execute(self: Any) -> EmptyResult:
    name = self._get_param("PolicyName")
    policy = self.autoscaling_backend.policies[name.rpartition("policyName/")[2]]
    breach = Breach(
        alarm="none",
        threshold=float(self._get_param("BreachThreshold") or 0),
        value=float(self._get_param("MetricValue") or 0),
    )
    execute(policy, breach, World.running().settings)
    return EmptyResult()


def _with_its_alarm(original: Method) -> Method:
    def delete(self: AutoScalingBackend, group_name: str) -> None:
        name = group_name.rpartition("policyName/")[2]  # the first argument is the policy's name, or its ARN
        policy = self.policies.get(name)
        if policy is not None:
            _alarms_of(policy).pop(_alarm_name(policy), None)
        original(self, name)

    return delete


def _with_its_policies(original: Method) -> Method:
    def delete(self: AutoScalingBackend, group_name: str) -> None:
        policies = [policy for policy in self.policies.values() if policy.auto_scaling_group_name == group_name]
        original(self, group_name)
        for policy in policies:
            _alarms_of(policy).pop(_alarm_name(policy), None)

    return delete


def _put_alarm(policy: FakeScalingPolicy) -> None:
    tracked: Any = policy.target_tracking_configuration
    metric = getattr(tracked, "CustomizedMetricSpecification", None) or {}
    if "MetricName" not in metric:
        return
    backend = cloudwatch_backends[policy.autoscaling_backend.account_id][policy.autoscaling_backend.region_name]
    alarm = backend.put_metric_alarm(
        name=_alarm_name(policy),
        namespace=metric["Namespace"],
        metric_name=metric["MetricName"],
        comparison_operator="GreaterThanThreshold",
        evaluation_periods=_MINUTES,
        period=60,
        threshold=float(tracked.TargetValue),
        statistic=metric["Statistic"],
        extended_statistic=None,
        description=f"DO NOT EDIT OR DELETE. For TargetTrackingScaling policy {policy.arn}.",
        dimensions=list(metric.get("Dimensions") or ()),
        alarm_actions=[policy.arn],
        unit=metric.get("Unit"),
    )
    policy.__dict__["alarms"] = [{"AlarmName": alarm.name, "AlarmARN": alarm.alarm_arn}]


def _alarm_name(policy: FakeScalingPolicy) -> str:
    return f"TargetTracking-{policy.auto_scaling_group_name}-AlarmHigh-{policy.name}"


def _alarms_of(policy: FakeScalingPolicy) -> dict[str, Any]:
    backend = policy.autoscaling_backend
    alarms: dict[str, Any] = cloudwatch_backends[backend.account_id][backend.region_name].alarms
    return alarms
