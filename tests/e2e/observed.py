"""What AWS holds of a stack at one moment, as boto3 shows it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.aws.server import EmulatedAws
from rehearsal.inventory import compute, traffic


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """Answers of AWS. ``listeners`` and ``rules`` are by port; rules in AWS's order."""

    outputs: Mapping[str, Any]
    group: Mapping[str, Any]
    template: Mapping[str, Any]
    template_versions: tuple[int, ...]
    user_data: str
    hooks: Mapping[str, Mapping[str, Any]]
    target_group: Mapping[str, Any]
    target_attributes: Mapping[str, str]
    balancer: Mapping[str, Any]
    balancer_attributes: Mapping[str, str]
    listeners: Mapping[int, Mapping[str, Any]]
    rules: Mapping[int, tuple[Mapping[str, Any], ...]]
    alarms: tuple[Mapping[str, Any], ...]
    subscriptions: tuple[Mapping[str, Any], ...]
    volumes: tuple[Mapping[str, Any], ...]
    instances: tuple[Mapping[str, Any], ...]
    refreshes: tuple[Mapping[str, Any], ...]

    @property
    def instance_ids(self) -> frozenset[str]:
        return frozenset(item["InstanceId"] for item in self.group["Instances"])

    @property
    def instance_zones(self) -> list[str]:
        return sorted(item["AvailabilityZone"] for item in self.group["Instances"])

    def volume_tags(self) -> list[dict[str, str]]:
        return [_tags(volume["Tags"]) for volume in self.volumes]

    def instance_tags(self) -> list[dict[str, str]]:
        return [_tags(instance["Tags"]) for instance in self.instances]


def look(aws: EmulatedAws, *, outputs: Mapping[str, Any]) -> Snapshot:
    elb, autoscaling, ec2 = aws.client("elbv2"), aws.client("autoscaling"), aws.client("ec2")
    group = compute.group_of(aws.client, name=outputs["autoscaling_group"])
    template = compute.template_version_of(aws.client, group=group)
    versions = ec2.describe_launch_template_versions(LaunchTemplateId=template["LaunchTemplateId"])
    balancer = traffic.balancer_of(aws.client, dns_name=outputs["load_balancer_dns"])
    target_arn, balancer_arn = outputs["target_group_arn"], balancer["LoadBalancerArn"]
    listeners = {item["Port"]: item for item in elb.describe_listeners(LoadBalancerArn=balancer_arn)["Listeners"]}
    name = group["AutoScalingGroupName"]
    hooks = autoscaling.describe_lifecycle_hooks(AutoScalingGroupName=name)["LifecycleHooks"]
    ids = [item["InstanceId"] for item in group["Instances"]]
    reservations = ec2.describe_instances(InstanceIds=ids)["Reservations"] if ids else []
    topic = outputs["alarm_topic_arn"]
    return Snapshot(
        outputs=outputs,
        group=group,
        template=template,
        template_versions=tuple(item["VersionNumber"] for item in versions["LaunchTemplateVersions"]),
        user_data=compute.user_data_of(template),
        hooks={hook["LifecycleHookName"]: hook for hook in hooks},
        target_group=elb.describe_target_groups(TargetGroupArns=[target_arn])["TargetGroups"][0],
        target_attributes=_by_key(elb.describe_target_group_attributes(TargetGroupArn=target_arn)),
        balancer=balancer,
        balancer_attributes=_by_key(elb.describe_load_balancer_attributes(LoadBalancerArn=balancer_arn)),
        listeners=listeners,
        rules={
            port: tuple(elb.describe_rules(ListenerArn=item["ListenerArn"])["Rules"])
            for port, item in listeners.items()
        },
        alarms=tuple(aws.client("cloudwatch").describe_alarms()["MetricAlarms"]),
        subscriptions=tuple(aws.client("sns").list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]),
        volumes=tuple(ec2.describe_volumes(VolumeIds=outputs["cache_volume_ids"])["Volumes"]),
        instances=tuple(item for reservation in reservations for item in reservation["Instances"]),
        refreshes=tuple(autoscaling.describe_instance_refreshes(AutoScalingGroupName=name)["InstanceRefreshes"]),
    )


def _by_key(answer: Mapping[str, Any]) -> dict[str, str]:
    return {attribute["Key"]: attribute["Value"] for attribute in answer["Attributes"]}


def _tags(listed: list[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in listed}
