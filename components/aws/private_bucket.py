"""What every bucket of a stack has: no public access, no ACLs, encryption, and a policy that refuses plain HTTP."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws


@dataclass(frozen=True, kw_only=True)
class Guards:
    """``policy`` is the last of them to be there."""

    block: aws.s3.BucketPublicAccessBlock
    ownership: aws.s3.BucketOwnershipControls
    encryption: aws.s3.BucketServerSideEncryptionConfiguration
    policy: aws.s3.BucketPolicy

    @property
    def all(self) -> list[pulumi.Resource]:
        return [self.block, self.ownership, self.encryption, self.policy]


def keep_private(
    name: str,
    *,
    bucket: aws.s3.Bucket,
    child: pulumi.ResourceOptions,
    kms_key_arn: pulumi.Input[str] | None = None,
    statements: pulumi.Input[Sequence[Mapping[str, Any]]] = (),
) -> Guards:
    """Guards the bucket. ``statements``: of its policy, beside TLS only; ``kms_key_arn``: None for S3's own key."""
    block = aws.s3.BucketPublicAccessBlock(
        name,
        bucket=bucket.bucket,
        block_public_acls=True,
        block_public_policy=True,
        ignore_public_acls=True,
        restrict_public_buckets=True,
        opts=child,
    )
    ownership = aws.s3.BucketOwnershipControls(
        name,
        bucket=bucket.bucket,
        rule=aws.s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
        opts=child,
    )
    encryption = aws.s3.BucketServerSideEncryptionConfiguration(
        name, bucket=bucket.bucket, rules=[_encryption(kms_key_arn)], opts=child
    )
    policy = aws.s3.BucketPolicy(
        name,
        bucket=bucket.bucket,
        policy=pulumi.Output.all(bucket.arn, statements).apply(
            lambda known: json.dumps(bucket_policy(bucket_arn=known[0], statements=known[1]))
        ),
        # A policy put while the public access block is being set is refused as a conflicting operation.
        opts=pulumi.ResourceOptions.merge(child, pulumi.ResourceOptions(depends_on=[block])),
    )
    return Guards(block=block, ownership=ownership, encryption=encryption, policy=policy)


def bucket_policy(*, bucket_arn: str, statements: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """A policy with ``statements`` that refuses every request without TLS."""
    tls_only = {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return {"Version": "2012-10-17", "Statement": [tls_only, *statements]}


def _encryption(kms_key_arn: pulumi.Input[str] | None) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgs:
    return aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=(
            aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                sse_algorithm="AES256" if kms_key_arn is None else "aws:kms", kms_master_key_id=kms_key_arn
            )
        ),
        bucket_key_enabled=None if kms_key_arn is None else True,  # one call of KMS for many objects
    )
