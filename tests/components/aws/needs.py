"""What each permission of a host is for: the call in a file that makes it, or who else does and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Calls = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Need:
    """``files``: those of userdata/files that make the call, or none where ``by`` makes it on the host's behalf.

    ``only_with``: the fields of HostScope, one of which must be set; none: every host needs it.
    """

    files: tuple[str, ...] = ()
    by: str = ""
    only_with: tuple[str, ...] = ()


AGENT = "Amazon SSM Agent, which is what `ops tunnel` reaches a host by"
ENGINE = "the container engine, which pulls the image from ECR with the password of registry.sh"
EBS = "EC2, when scratch.sh or cache-slot.sh asks it for a disk that is encrypted with the key"

NEEDS: Mapping[str, Need] = {
    "aps:RemoteWrite": Need(
        by="Prometheus as an agent (remote-write.sh), which signs as the host and no other tool",
        only_with=("workspace_arn",),
    ),
    "autoscaling:CompleteLifecycleAction": Need(files=("aws.sh", "abandon.sh")),
    "autoscaling:DescribeAutoScalingInstances": Need(files=("aws.sh", "abandon.sh")),
    "autoscaling:DescribeInstanceRefreshes": Need(files=("abandon.sh",)),
    "autoscaling:DescribeScalingActivities": Need(files=("abandon.sh",)),
    "autoscaling:RecordLifecycleActionHeartbeat": Need(files=("aws.sh",)),
    "autoscaling:SetInstanceHealth": Need(files=("replace.sh", "abandon.sh")),
    "autoscaling:SuspendProcesses": Need(files=("abandon.sh",)),
    "cloudwatch:PutMetricData": Need(files=("boot.sh", "measure.sh", "abandon.sh", "publisher/outbox.py")),
    "cloudwatch:SetAlarmState": Need(files=("abandon.sh",)),
    "ec2:AttachVolume": Need(files=("steps/cache-slot.sh",)),
    "ec2:CreateTags": Need(
        files=("steps/tags.sh",), by="EC2, which asks it for the tags that scratch.sh gives a new volume"
    ),
    "ec2:CreateVolume": Need(files=("scratch.sh",)),
    "ec2:DescribeLaunchTemplateVersions": Need(files=("abandon.sh",)),
    "ec2:DescribeSnapshots": Need(files=("scratch.sh",)),
    "ec2:DescribeTags": Need(files=("steps/tags.sh",)),
    "ec2:DescribeVolumes": Need(files=("slots.sh", "scratch.sh", "steps/tags.sh")),
    "ec2:DetachVolume": Need(files=("slots.sh", "steps/cache-slot.sh")),
    "ec2:ModifyInstanceAttribute": Need(files=("scratch.sh",)),
    "ecr:BatchGetImage": Need(by=ENGINE, only_with=("image_repository_arn",)),
    "ecr:BatchImportUpstreamImage": Need(
        by=f"{ENGINE}: ECR fetches what its cache lacks", only_with=("imports_image",)
    ),
    "ecr:CreateRepository": Need(
        by=f"{ENGINE}: the first pull makes the cache's repository", only_with=("imports_image",)
    ),
    "ecr:GetAuthorizationToken": Need(files=("registry.sh",), only_with=("image_repository_arn",)),
    "ecr:GetDownloadUrlForLayer": Need(by=ENGINE, only_with=("image_repository_arn",)),
    "elasticloadbalancing:DeregisterTargets": Need(files=("traffic.sh",)),
    "elasticloadbalancing:DescribeTargetHealth": Need(files=("traffic.sh",)),
    "elasticloadbalancing:RegisterTargets": Need(files=("traffic.sh",)),
    "kms:CreateGrant": Need(
        by=f"{EBS}: the instance decrypts with it while the disk is attached", only_with=("kms_key_arn",)
    ),
    "kms:Decrypt": Need(
        by="Secrets Manager and S3, when secret-files.sh and fetch.sh read what is under the key; EC2 for a disk",
        only_with=("kms_key_arn",),
    ),
    "kms:DescribeKey": Need(by=f"{EBS}: whether there is such a key", only_with=("kms_key_arn",)),
    "kms:GenerateDataKeyWithoutPlaintext": Need(by=f"{EBS}: the data key of a new one", only_with=("kms_key_arn",)),
    "kms:ReEncryptFrom": Need(by=f"{EBS}: a snapshot's data key", only_with=("kms_key_arn",)),
    "kms:ReEncryptTo": Need(by=f"{EBS}: a data key of a disk seeded by a snapshot", only_with=("kms_key_arn",)),
    "logs:CreateLogStream": Need(files=("aws.sh", "abandon.sh", "log_sender/group.py")),
    "logs:PutLogEvents": Need(files=("aws.sh", "abandon.sh", "log_sender/group.py")),
    "s3:GetObject": Need(files=("copy_model.py", "fetch.sh")),
    "s3:ListBucket": Need(files=("copy_model.py",), only_with=("model_arn",)),
    "secretsmanager:GetSecretValue": Need(files=("secret-files.sh",)),
    "ssm:UpdateInstanceInformation": Need(by=AGENT),
    "ssmmessages:CreateControlChannel": Need(by=AGENT),
    "ssmmessages:CreateDataChannel": Need(by=AGENT),
    "ssmmessages:OpenControlChannel": Need(by=AGENT),
    "ssmmessages:OpenDataChannel": Need(by=AGENT),
}

SERVICES: Mapping[tuple[str, str], str] = {
    ("TopicPolicy", "cloudwatch.amazonaws.com"): "alarms tell the topic",
    ("TopicPolicy", "events.amazonaws.com"): "launches and terminations that fail are told to the topic",
    ("TopicPolicy", "aps.amazonaws.com"): "Prometheus's alerts are told to the topic",
    ("Key", "cloudwatch.amazonaws.com"): "alarms tell a topic that is encrypted with it",
    ("Key", "events.amazonaws.com"): "events are told to a topic that is encrypted with it",
    ("Key", "aps.amazonaws.com"): "Prometheus's alerts are told to a topic that is encrypted with it",
    ("Key", "logs.us-east-1.amazonaws.com"): "CloudWatch Logs encrypts the log group with it",
    ("Key", "account"): "IAM policies, the hosts' among them, say who uses it; people manage it",
    ("Key", "AWSServiceRoleForAutoScaling"): "Auto Scaling launches hosts whose root volume is encrypted with it",
    ("BucketPolicy", "logdelivery.elasticloadbalancing.amazonaws.com"): "the load balancer writes its access logs",
    (
        "VpcEndpoint",
        "account",
    ): "an endpoint passes on what roles of this account may do, and nothing of other accounts",
    ("VpcEndpointPolicy", "account"): "hosts read scripts and model by the gateway endpoint",
    ("VpcEndpointPolicy", "anyone"): "an image's layers are in ECR's own bucket, which signs their addresses itself",
    ("Role", "ec2.amazonaws.com"): "hosts take the role",
}
"""Whom a policy of a resource lets in, and why."""
