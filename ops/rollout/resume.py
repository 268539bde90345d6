"""Undoing what hosts do after three launches that failed in a row: the group launches again, the alarm is over."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ops.clients import aws_errors, client_config, session
from ops.errors import failure
from userdata.options import METRIC_NAMESPACE, boot_loop_alarm

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_cloudwatch import CloudWatchClient

    from ops.outputs import Deployed


@dataclass(frozen=True, kw_only=True)
class BootLoop:
    """The stop of one stack's launches."""

    autoscaling: AutoScalingClient
    cloudwatch: CloudWatchClient
    stack: str
    group: str

    @classmethod
    def of(cls, stack: Deployed) -> BootLoop:
        aws, config = session(stack.region), client_config()
        return cls(
            autoscaling=aws.client("autoscaling", config=config),
            cloudwatch=aws.client("cloudwatch", config=config),
            stack=stack.stack,
            group=stack.output("autoscaling_group"),
        )

    def resume(self) -> str:
        """Safe to repeat; returns what was done, for people. The alarm last: it tells until the group launches."""
        with aws_errors("let the group launch again"):
            groups = self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[self.group])
            if not groups["AutoScalingGroups"]:
                raise failure(
                    path="rollout",
                    given=self.group,
                    message="this Auto Scaling group is gone: pulumi refresh, then pulumi up",
                )
            suspended = groups["AutoScalingGroups"][0].get("SuspendedProcesses", [])
            was_stopped = any(process.get("ProcessName") == "Launch" for process in suspended)
            self.autoscaling.resume_processes(AutoScalingGroupName=self.group, ScalingProcesses=["Launch"])
        with aws_errors("end the alarm of the boot loop"):
            self._end_alarm()
        return "the group launches again" if was_stopped else "the group's launches were not stopped"

    def _end_alarm(self) -> None:
        # The metric too: no data leaves the alarm as it is, and the next evaluation would find the old 1.
        self.cloudwatch.put_metric_data(
            Namespace=METRIC_NAMESPACE,
            MetricData=[
                {"MetricName": "BootLoop", "Dimensions": [{"Name": "Stack", "Value": self.stack}], "Value": 0.0}
            ],
        )
        name = boot_loop_alarm(self.stack)
        if self.cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]:
            self.cloudwatch.set_alarm_state(
                AlarmName=name, StateValue="OK", StateReason="resumed by python -m ops rollout --resume"
            )
