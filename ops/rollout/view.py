"""Reading a rollout from AWS: group, refresh, scaling activities, targets, and what the hosts wrote."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ops.clients import aws_errors, client_config, code_of, session
from ops.errors import failure
from ops.rollout.groups import template_version, types_in, types_of
from ops.rollout.refreshes import refresh_of
from ops.rollout.state import FAILED_LAUNCH, FailedLaunch, HostReport, Instance, Snapshot

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_elbv2 import ElasticLoadBalancingv2Client
    from mypy_boto3_logs import CloudWatchLogsClient

    from ops.outputs import Deployed

RECENT_ACTIVITIES = 20
RECENT_EVENTS = 100


@dataclass(frozen=True, kw_only=True)
class Fleet:
    """Where to look for one stack's rollout."""

    autoscaling: AutoScalingClient
    elbv2: ElasticLoadBalancingv2Client
    logs: CloudWatchLogsClient
    group: str
    target_group_arn: str
    log_group: str

    @classmethod
    def of(cls, stack: Deployed) -> Fleet:
        aws, config = session(stack.region), client_config()
        return cls(
            autoscaling=aws.client("autoscaling", config=config),
            elbv2=aws.client("elbv2", config=config),
            logs=aws.client("logs", config=config),
            group=stack.output("autoscaling_group"),
            target_group_arn=stack.output("target_group_arn"),
            log_group=stack.output("log_group"),
        )

    def observe(self) -> Snapshot:
        """The state now. OpsError when the group is gone or AWS refuses."""
        with aws_errors("read the state of the fleet"):
            group = self.described()
            refreshes = self.autoscaling.describe_instance_refreshes(AutoScalingGroupName=self.group, MaxRecords=1)[
                "InstanceRefreshes"
            ]
            targets = self._targets()
            activities = self._launches()
            instances = tuple(self._instance(raw, targets) for raw in group.get("Instances", []))
            return Snapshot(
                wanted=group["DesiredCapacity"],
                least=group["MinSize"],
                most=group["MaxSize"],
                template_version=template_version(group),
                launch_suspended=any(
                    process.get("ProcessName") == "Launch" for process in group.get("SuspendedProcesses", [])
                ),
                instances=instances,
                refresh=refresh_of(
                    refreshes[0],
                    group=group,
                    instances=instances,
                    launched=_last_success(activities),
                    now=datetime.now(UTC),
                )
                if refreshes
                else None,
                failed_launches=self._failed_launches(activities, group=group),
            )

    def described(self) -> Mapping[str, Any]:
        """The group as AWS describes it."""
        groups = self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[self.group])
        if not groups["AutoScalingGroups"]:
            raise failure(
                path="rollout",
                given=self.group,
                message="this Auto Scaling group is gone: pulumi refresh, then pulumi up",
            )
        return groups["AutoScalingGroups"][0]

    def _targets(self) -> dict[str, str]:
        health = self.elbv2.describe_target_health(TargetGroupArn=self.target_group_arn)
        return {
            target["Target"]["Id"]: target["TargetHealth"].get("State", "unknown")
            for target in health["TargetHealthDescriptions"]
        }

    def _instance(self, raw: Mapping[str, Any], targets: Mapping[str, str]) -> Instance:
        instance = Instance(
            id=raw["InstanceId"],
            state=raw["LifecycleState"],
            template_version=template_version(raw),
            target=targets.get(raw["InstanceId"]),
        )
        if instance.serves:
            return instance
        return Instance(**{**vars(instance), "report": self.host_report(instance.id)})

    def _launches(self) -> list[Mapping[str, Any]]:
        """The newest first."""
        activities = self.autoscaling.describe_scaling_activities(
            AutoScalingGroupName=self.group, MaxRecords=RECENT_ACTIVITIES
        )["Activities"]
        return [each for each in activities if each.get("Description", "").startswith("Launching")]

    def _failed_launches(
        self, launches: Sequence[Mapping[str, Any]], *, group: Mapping[str, Any]
    ) -> tuple[FailedLaunch, ...]:
        failed = [each for each in launches if each["StatusCode"] in FAILED_LAUNCH]
        return tuple(self._failed_launch(each, is_newest=index == 0, group=group) for index, each in enumerate(failed))

    def _failed_launch(self, activity: Mapping[str, Any], *, is_newest: bool, group: Mapping[str, Any]) -> FailedLaunch:
        found = re.search(r"\bi-[0-9a-f]{8,17}\b", activity.get("Description", ""))
        instance_id = found[0] if found else None
        reason = activity.get("StatusMessage") or "no reason given"
        return FailedLaunch(
            activity_id=activity["ActivityId"],
            instance_id=instance_id,
            reason=reason,
            report=self.host_report(instance_id) if instance_id and is_newest else None,
            types=types_of(group) or types_in(reason),
            zones=tuple(sorted(group.get("AvailabilityZones", ()))),
        )

    def host_report(self, instance_id: str) -> HostReport | None:
        """The newest event of this host's stream; None when it has not written any yet."""
        events = host_events(self.logs, log_group=self.log_group, instance_id=instance_id)
        return events[-1] if events else None


def host_events(logs: CloudWatchLogsClient, *, log_group: str, instance_id: str) -> list[HostReport]:
    """The newest of this host's stream, in their order; none when it has not written any yet."""
    try:
        events = logs.get_log_events(
            logGroupName=log_group, logStreamName=instance_id, startFromHead=False, limit=RECENT_EVENTS
        )["events"]
    except ClientError as error:
        if code_of(error) == "ResourceNotFoundException":
            return []
        raise
    return reports(event.get("message", "") for event in events)


def reports(messages: Iterable[str]) -> list[HostReport]:
    """The lines that are events of a host; others are passed over."""
    found = []
    for message in messages:
        try:
            event = json.loads(message)
            found.append(HostReport(step=event["step"], status=event["status"], reason=event.get("reason", "")))
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return found


def _last_success(launches: Iterable[Mapping[str, Any]]) -> datetime | None:
    """When the newest instance was InService, which is the end of its activity."""
    return max((each["EndTime"] for each in launches if each["StatusCode"] == "Successful"), default=None)
