"""Whether Auto Scaling can launch an instance whose disks a launch template encrypts with a customer managed key.

EC2 Auto Scaling user guide, "Required AWS KMS key policy for use with encrypted volumes": its service-linked role needs
Encrypt, Decrypt, ReEncrypt*, GenerateDataKey*, DescribeKey, and CreateGrant for AWS resources. "Troubleshoot EC2 launch
failures", Client.InternalError: what the activity says otherwise. KMS refuses a policy that names a principal which is
not there; here every role is.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from moto.core.exceptions import ServiceException

from rehearsal.aws.key_grants import Statement, conditions, lacking, principals

_NEEDED = (
    *("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"),
    *("kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom", "kms:ReEncryptTo"),
)
_ROLE = "role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"


class _LaunchFailedError(ServiceException):
    code = "Client.InternalError"


def require_launchable(disks: Iterable[Mapping[str, Any]], *, region: str, account: str) -> None:
    """``disks``: a template's block device mappings. Raises what EC2 answers a launch that it cannot carry out."""
    role = f"arn:aws:iam::{account}:{_ROLE}"

    def counts(item: Statement) -> bool:
        asked = conditions(item)
        named = principals(item, "AWS")
        return (role in named or "*" in named) and role in asked.get("aws:PrincipalArn", [role])

    for disk in disks:
        key_id = (disk.get("Ebs") or {}).get("KmsKeyId")
        missing = (
            lacking(key_id=key_id, region=region, account=account, actions=_NEEDED, counts=counts) if key_id else []
        )
        if missing:
            raise _LaunchFailedError(f"Client error on launch: {key_id} grants {role} not {', '.join(missing)}.")
