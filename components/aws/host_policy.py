"""What a host may do in AWS, as data. Pure: ARNs in, a policy document out.

It takes the place of the managed AmazonSSMManagedInstanceCore, which lets a host read every parameter of the account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from components.aws.key_policy import via
from components.aws.naming import PROJECT
from userdata.options import CACHE_POOL_TAG, METRIC_NAMESPACE, SCRATCH_TAG, boot_loop_alarm

_PUT_METRICS = "cloudwatch:PutMetricData"
_LOG_IN = "ecr:GetAuthorizationToken"
_TARGETS = ["elasticloadbalancing:DeregisterTargets", "elasticloadbalancing:RegisterTargets"]

UNSCOPED_ACTIONS: Mapping[str, str] = {
    "cloudwatch:PutMetricData": (
        "metrics are not resources; a condition allows the namespace of this program alone: boot times, cut requests"
    ),
    "ec2:DescribeVolumes": "EC2 describe calls take no resource: to find the free slots of the pool",
    "ec2:DescribeSnapshots": "EC2 describe calls take no resource: the pool's newest snapshot seeds a scratch volume",
    "ec2:DescribeLaunchTemplateVersions": (
        "EC2 describe calls take no resource: only failed launches of the own version stop the group"
    ),
    "ec2:DescribeTags": "EC2 describe calls take no resource: to read the user's tags of the own instance",
    "autoscaling:DescribeAutoScalingInstances": (
        "Auto Scaling describe calls take no resource: to learn the group's name"
    ),
    "autoscaling:DescribeScalingActivities": (
        "Auto Scaling describe calls take no resource: to count the launches that failed in a row"
    ),
    "autoscaling:DescribeInstanceRefreshes": (
        "Auto Scaling describe calls take no resource: a refresh that fails ends by itself"
    ),
    "elasticloadbalancing:DescribeTargetHealth": (
        "load balancing describe calls take no resource: to drain only after the target is deregistered"
    ),
    "ecr:GetAuthorizationToken": (
        "the password is for the registry and no repository; pulling is granted on the stack's image alone"
    ),
    "ssm:UpdateInstanceInformation": "the agent announces itself before AWS has a resource to name",
    "ssmmessages:CreateControlChannel": "Session Manager channels are not resources: `ops tunnel`",
    "ssmmessages:CreateDataChannel": "Session Manager channels are not resources: `ops tunnel`",
    "ssmmessages:OpenControlChannel": "Session Manager channels are not resources: `ops tunnel`",
    "ssmmessages:OpenDataChannel": "Session Manager channels are not resources: `ops tunnel`",
}
"""The only actions granted on ``*``: AWS cannot scope them. Action -> why it is needed and why not scoped.

ecr:GetAuthorizationToken is granted only where the image is in ECR.

ec2messages is left out: agents since 3.3.40 (2024) use ssmmessages for everything.
"""


@dataclass(frozen=True, kw_only=True)
class HostScope:
    """What one stack's hosts may touch. ``user_tag_keys``: those of ``vllm:tags``.

    ``image_repository_arn``: None when the image is not in ECR; ``imports_image``: ECR fetches it at the first pull.
    ``workspace_arn``: of Amazon Managed Service for Prometheus, None where the stack has none.
    ``kms_key_arn``: of the key that disks, secrets and scripts are encrypted with, None for AWS's keys.
    ``model_arn``: of the prefix in S3 that the model is copied from, None where it comes from HuggingFace.
    """

    stack: str
    region: str
    account: str
    partition: str
    bucket_arn: str
    secret_arns: tuple[str, ...]
    log_group_arn: str
    target_group_arn: str
    user_tag_keys: tuple[str, ...]
    image_repository_arn: str | None = None
    imports_image: bool = False
    workspace_arn: str | None = None
    kms_key_arn: str | None = None
    model_arn: str | None = None


def host_policy(scope: HostScope) -> dict[str, Any]:
    """The inline policy of the host role, statements in a fixed order."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            _allow("Unscoped", sorted(UNSCOPED_ACTIONS.keys() - {_PUT_METRICS, _LOG_IN}), "*"),
            _allow("PutMetrics", [_PUT_METRICS], "*", {"cloudwatch:namespace": METRIC_NAMESPACE}),
            _allow("ReadSecrets", ["secretsmanager:GetSecretValue"], sorted(scope.secret_arns)),
            _allow("ReadScripts", ["s3:GetObject"], f"{scope.bucket_arn}/scripts/*"),
            *_copy_the_model(scope),
            *_pull_the_image(scope),
            _allow("WriteLogs", ["logs:CreateLogStream", "logs:PutLogEvents"], f"{scope.log_group_arn}:*"),
            *_write_samples(scope),
            *_use_the_key(scope),
            *_claim_a_slot(scope),
            *_make_a_scratch_volume(scope),
            *_copy_user_tags(scope),
            _report_to_the_group(scope),
            _allow("LeaveAndRejoin", _TARGETS, scope.target_group_arn),
            _allow("TellOfABootLoop", ["cloudwatch:SetAlarmState"], _boot_loop_alarm(scope)),
        ],
    }


def _copy_the_model(scope: HostScope) -> list[dict[str, Any]]:
    # The folder alone: a bucket may hold what this stack has no business with.
    if scope.model_arn is None:
        return []
    bucket_arn, _, prefix = scope.model_arn.partition("/")
    return [
        _allow("ReadModel", ["s3:GetObject"], f"{scope.model_arn}/*"),
        _allow("ListModel", ["s3:ListBucket"], bucket_arn, {"s3:prefix": f"{prefix}/"}),
    ]


def _pull_the_image(scope: HostScope) -> list[dict[str, Any]]:
    # As AWS's AmazonEC2ContainerRegistryPullOnly, but on one repository; what comes through a cache is imported, into a
    # repository that the first pull makes.
    if scope.image_repository_arn is None:
        return []
    importing = ["ecr:BatchImportUpstreamImage", "ecr:CreateRepository"] if scope.imports_image else []
    pulling = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    return [
        _allow("LogInToRegistry", [_LOG_IN], "*"),
        _allow("PullImage", sorted([*pulling, *importing]), scope.image_repository_arn),
    ]


def _write_samples(scope: HostScope) -> list[dict[str, Any]]:
    # Reading is nobody's here: a host that is taken over learns nothing of the others.
    return [] if scope.workspace_arn is None else [_allow("WriteSamples", ["aps:RemoteWrite"], scope.workspace_arn)]


def _use_the_key(scope: HostScope) -> list[dict[str, Any]]:
    # Only by way of the services that hold what is encrypted. EBS user guide, "Requirements for Amazon EBS encryption":
    # attaching needs a grant; a scratch volume a data key, or a snapshot's under this one.
    if scope.kms_key_arn is None:
        return []
    services = {
        name: via(name, region=scope.region, partition=scope.partition) for name in ("ec2", "s3", "secretsmanager")
    }
    on_disks = ["kms:DescribeKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
    grants = _allow("AttachEncrypted", ["kms:CreateGrant"], scope.kms_key_arn, {"kms:ViaService": services["ec2"]})
    grants["Condition"]["Bool"] = {"kms:GrantIsForAWSResource": "true"}
    reading = _allow("ReadEncrypted", ["kms:Decrypt"], scope.kms_key_arn)
    reading["Condition"] = {"StringEquals": {"kms:ViaService": sorted(services.values())}}
    return [
        reading,
        grants,
        _allow("MakeEncryptedScratch", on_disks, scope.kms_key_arn, {"kms:ViaService": services["ec2"]}),
    ]


def _claim_a_slot(scope: HostScope) -> list[dict[str, Any]]:
    # Attaching is authorised on the volume and on the instance, each by its own tags. A host cannot write these tags.
    actions = ["ec2:AttachVolume", "ec2:DetachVolume"]
    ec2 = _ec2(scope)
    return [
        _allow("ClaimSlot", actions, f"{ec2}:volume/*", {f"aws:ResourceTag/{CACHE_POOL_TAG}": scope.stack}),
        _allow("ClaimScratch", actions, f"{ec2}:volume/*", {f"aws:ResourceTag/{SCRATCH_TAG}": scope.stack}),
        _allow("ClaimForOwnStack", actions, f"{ec2}:instance/*", _own_stack(scope)),
    ]


def _make_a_scratch_volume(scope: HostScope) -> list[dict[str, Any]]:
    # Creating is authorised on the volume by the tags it is to have, and on the snapshot. They come with it and with no
    # other key, or a host could make a slot of the pool. ModifyInstanceAttribute is granted whatever the attribute:
    # "ec2:Attribute" has no documented value for block devices.
    ec2 = _ec2(scope)
    asked = {f"aws:RequestTag/{SCRATCH_TAG}": scope.stack}
    own = {"aws:RequestTag/Project": PROJECT, "aws:RequestTag/Stack": scope.stack}
    tagging = _allow("TagScratch", ["ec2:CreateTags"], f"{ec2}:volume/*", {"ec2:CreateAction": "CreateVolume", **asked})
    tagging["Condition"]["ForAllValues:StringEquals"] = {"aws:TagKeys": ["Name", "Project", "Stack", SCRATCH_TAG]}
    making = _allow("MakeScratch", ["ec2:CreateVolume"], f"{ec2}:volume/*", {**asked, **own})
    making["Condition"]["Bool"] = {"ec2:Encrypted": "true"}
    return [
        making,
        tagging,
        _allow(
            "SeedScratch",
            ["ec2:CreateVolume"],
            f"arn:{scope.partition}:ec2:{scope.region}::snapshot/*",  # snapshots' ARNs have no account
            {f"aws:ResourceTag/{CACHE_POOL_TAG}": scope.stack},
        ),
        _allow("EndScratchWithInstance", ["ec2:ModifyInstanceAttribute"], f"{ec2}:instance/*", _own_stack(scope)),
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
    actions = [
        "autoscaling:CompleteLifecycleAction",
        "autoscaling:RecordLifecycleActionHeartbeat",
        "autoscaling:SetInstanceHealth",
        "autoscaling:SuspendProcesses",
    ]
    groups = f"arn:{scope.partition}:autoscaling:{scope.region}:{scope.account}:autoScalingGroup:*"
    return _allow("ReportToGroup", actions, f"{groups}:autoScalingGroupName/{PROJECT}-*", _own_stack(scope))


def _boot_loop_alarm(scope: HostScope) -> str:
    name = boot_loop_alarm(scope.stack)
    return f"arn:{scope.partition}:cloudwatch:{scope.region}:{scope.account}:alarm:{name}"


def _own_stack(scope: HostScope) -> dict[str, str]:
    return {"aws:ResourceTag/Project": PROJECT, "aws:ResourceTag/Stack": scope.stack}


def _allow(
    sid: str, actions: list[str], resources: str | list[str], equals: Mapping[str, str] | None = None
) -> dict[str, Any]:
    condition = {"Condition": {"StringEquals": dict(equals)}} if equals else {}
    return {"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": resources, **condition}
