"""What the policy of a KMS key must say for a stack that is encrypted with it, as data. Pure: names in, a document out.

docs/encryption.md shows the same text for a key of the user's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

AUTO_SCALING_ROLE = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"


@dataclass(frozen=True, kw_only=True)
class KeyScope:
    """Where the stack is. ``prometheus``: it has a workspace of Amazon Managed Service for Prometheus."""

    region: str
    account: str
    partition: str
    prometheus: bool = False


def key_policy(scope: KeyScope) -> dict[str, Any]:
    """Statements in a fixed order. Resource ``*`` is the key itself: a key policy is about no other."""
    alerts = [_publisher("Alerts", "aps.amazonaws.com")] if scope.prometheus else []
    return {
        "Version": "2012-10-17",
        "Statement": [
            _the_account(scope),
            *_disks_of_new_hosts(scope),
            _logs(scope),
            _alarms(scope),
            _publisher("Events", "events.amazonaws.com"),
            *alerts,
        ],
    }


def via(service: str, *, region: str, partition: str) -> str:
    """A service as the condition ``kms:ViaService`` names it, and as CloudWatch Logs calls itself."""
    return f"{service}.{region}.amazonaws.com{'.cn' if partition == 'aws-cn' else ''}"


def _the_account(scope: KeyScope) -> dict[str, Any]:
    # KMS developer guide, "Default key policy": without it IAM policies, the hosts' among them, grant nothing on the
    # key, and a policy that names only a role which is gone leaves a key that nobody can manage.
    root = f"arn:{scope.partition}:iam::{scope.account}:root"
    return _allow("IamPolicies", {"AWS": root}, ["kms:*"])


def _disks_of_new_hosts(scope: KeyScope) -> list[dict[str, Any]]:
    # EC2 Auto Scaling user guide, "Required AWS KMS key policy for use with encrypted volumes". The role is named in a
    # condition: as a principal it would have to exist, and an account's first group makes it after the key.
    account = f"arn:{scope.partition}:iam::{scope.account}"
    who = {
        "StringEquals": {"kms:CallerAccount": scope.account},
        "ArnEquals": {"aws:PrincipalArn": f"{account}:{AUTO_SCALING_ROLE}"},
    }
    using = ["kms:Decrypt", "kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    for_ec2 = {"Bool": {"kms:GrantIsForAWSResource": "true"}}
    return [
        {**_allow("DisksOfNewHosts", {"AWS": "*"}, using), "Condition": who},
        {**_allow("GrantsForNewHosts", {"AWS": "*"}, ["kms:CreateGrant"]), "Condition": {**who, **for_ec2}},
    ]


def _logs(scope: KeyScope) -> dict[str, Any]:
    # CloudWatch Logs user guide, "Encrypt log data in CloudWatch Logs using AWS Key Management Service".
    groups = f"arn:{scope.partition}:logs:{scope.region}:{scope.account}:log-group:vllm-*"
    actions = ["kms:Decrypt*", "kms:Describe*", "kms:Encrypt*", "kms:GenerateDataKey*", "kms:ReEncrypt*"]
    service = via("logs", region=scope.region, partition=scope.partition)
    condition = {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": groups}}
    return {**_allow("Logs", {"Service": service}, actions), "Condition": condition}


def _alarms(scope: KeyScope) -> dict[str, Any]:
    condition = {"StringEquals": {"aws:SourceAccount": scope.account}}
    return {**_publisher("Alarms", "cloudwatch.amazonaws.com"), "Condition": condition}


def _publisher(sid: str, service: str) -> dict[str, Any]:
    # SNS developer guide, "Enable compatibility between event sources from AWS services and encrypted topics"; with a
    # condition on the source for EventBridge "is not supported", and every message would be lost in silence.
    return _allow(sid, {"Service": service}, ["kms:Decrypt", "kms:GenerateDataKey*"])


def _allow(sid: str, principal: dict[str, str], actions: list[str]) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Principal": principal, "Action": actions, "Resource": "*"}
