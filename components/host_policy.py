"""What a host may do in AWS, as data. Pure: ARNs in, a policy document out.

It takes the place of the managed AmazonSSMManagedInstanceCore, which lets a host read every parameter of the account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.naming import PROJECT
from userdata.options import CACHE_POOL_TAG

UNSCOPED_ACTIONS: Mapping[str, str] = {
    "ec2:DescribeVolumes": "EC2 describe calls take no resource: to find the free slots of the pool",
    "ec2:DescribeTags": "EC2 describe calls take no resource: to read the user's tags of the own instance",
    "autoscaling:DescribeAutoScalingInstances": (
        "Auto Scaling describe calls take no resource: to learn the group's name"
    ),
    "elasticloadbalancing:DescribeTargetHealth": (
        "load balancing describe calls take no resource: to drain only after the target is deregistered"
    ),
    "ssm:UpdateInstanceInformation": "the agent announces itself before AWS has a resource to name",
    "ssmmessages:CreateControlChannel": "Session Manager channels are not resources: `ops tunnel`",
    "ssmmessages:CreateDataChannel": "Session Manager channels are not resources: `ops tunnel`",
    "ssmmessages:OpenControlChannel": "Session Manager channels are not resources: `ops tunnel`",
    "ssmmessages:OpenDataChannel": "Session Manager channels are not resources: `ops tunnel`",
}
"""The only actions granted on ``*``: AWS cannot scope them. Action -> why it is needed and why not scoped.

ec2messages is left out: agents since 3.3.40 (2024) use ssmmessages for everything.
"""


@dataclass(frozen=True, kw_only=True)
class HostScope:
    """What one stack's hosts may touch. ``user_tag_keys``: those of ``vllm:tags``."""

    stack: str
    region: str
    account: str
    partition: str
    bucket_arn: str
    secret_arns: tuple[str, ...]
    log_group_arn: str
    user_tag_keys: tuple[str, ...]


def host_policy(scope: HostScope) -> dict[str, Any]:
    """The inline policy of the host role, statements in a fixed order."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow("Unscoped", sorted(UNSCOPED_ACTIONS), "*"),
            _allow("ReadSecrets", ["secretsmanager:GetSecretValue"], sorted(scope.secret_arns)),
            _allow("ReadScripts", ["s3:GetObject"], f"{scope.bucket_arn}/scripts/*"),
            _allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], f"{scope.log_group_arn}:*"),
            *_claim_a_slot(scope),
            *_copy_user_tags(scope),
            _report_to_the_group(scope),
        ],
    }


def _claim_a_slot(scope: HostScope) -> list[dict[str, Any]]:
    # Attaching is authorised on the volume and on the instance, each by its own tags. A host cannot write these tags.
    actions = ["ec2:AttachVolume", "ec2:DetachVolume"]
    ec2 = _ec2(scope)
    return [
        _allow("ClaimSlot", actions, f"{ec2}:volume/*", {f"aws:ResourceTag/{CACHE_POOL_TAG}": scope.stack}),
        _allow("ClaimForOwnStack", actions, f"{ec2}:instance/*", _own_stack(scope)),
    ]


def _copy_user_tags(scope: HostScope) -> list[dict[str, Any]]:
    # Exactly the user's keys: permissions rest on the others. DescribeTags is granted without user tags too, so that a
    # host need not be told whether there are any: the first tag would be new user data and roll the fleet.
    if not scope.user_tag_keys:
        return []
    statement = _allow(
        "CopyUserTags",
        ["ec2:CreateTags"],
        [f"{_ec2(scope)}:network-interface/*", f"{_ec2(scope)}:volume/*"],
        _own_stack(scope),
    )
    statement["Condition"]["ForAllValues:StringEquals"] = {"aws:TagKeys": sorted(scope.user_tag_keys)}
    return [statement]


def _ec2(scope: HostScope) -> str:
    return f"arn:{scope.partition}:ec2:{scope.region}:{scope.account}"


def _report_to_the_group(scope: HostScope) -> dict[str, Any]:
    # By tag: the group's name is known only after the role, which its launch template needs.
    actions = ["autoscaling:CompleteLifecycleAction", "autoscaling:RecordLifecycleActionHeartbeat"]
    groups = f"arn:{scope.partition}:autoscaling:{scope.region}:{scope.account}:autoScalingGroup:*"
    return _allow("ReportToGroup", actions, f"{groups}:autoScalingGroupName/{PROJECT}-*", _own_stack(scope))


def _own_stack(scope: HostScope) -> dict[str, str]:
    return {"aws:ResourceTag/Project": PROJECT, "aws:ResourceTag/Stack": scope.stack}


def _allow(
    sid: str, actions: list[str], resources: str | list[str], equals: Mapping[str, str] | None = None
) -> dict[str, Any]:
    condition = {"Condition": {"StringEquals": dict(equals)}} if equals else {}
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources, **condition}
