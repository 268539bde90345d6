"""What costs money says whose it is."""

from __future__ import annotations

from collections.abc import Iterator

from policies.model import Deployment, Finding, Rule, found

COSTLY = (
    "aws:acm/certificate:Certificate",
    "aws:autoscaling/group:Group",
    "aws:cloudwatch/compositeAlarm:CompositeAlarm",
    "aws:cloudwatch/logGroup:LogGroup",
    "aws:cloudwatch/metricAlarm:MetricAlarm",
    "aws:ebs/volume:Volume",
    "aws:ec2/eip:Eip",
    "aws:ec2/launchTemplate:LaunchTemplate",
    "aws:ec2/natGateway:NatGateway",
    "aws:ec2/vpcEndpoint:VpcEndpoint",
    "aws:ecr/repository:Repository",
    "aws:iam/role:Role",
    "aws:kms/key:Key",
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:lb/targetGroup:TargetGroup",
    "aws:s3/bucket:Bucket",
    "aws:secretsmanager/secret:Secret",
    "aws:sns/topic:Topic",
    "aws:wafv2/webAcl:WebAcl",
)
KEYS = ("Project", "Stack", "ManagedBy")
"""Permissions of hosts, `ops cache` and the budget go by these."""


def check(deployment: Deployment) -> Iterator[Finding]:
    for resource in deployment.of_type(*COSTLY):
        if lacking := [key for key in KEYS if not resource.tags.get(key)]:
            yield found(resource, f"the tags {', '.join(lacking)} are missing")


RULE = Rule(
    id="costs-are-tagged",
    level="mandatory",
    says="Everything that costs or grants something has the tags Project, Stack and ManagedBy.",
    cause="volumes are paid for long after their stack has gone, because nobody can say whose they are",
    remedy="give the resource `tags=tags.named(...)` like its neighbours in components/aws/",
    check=check,
)
