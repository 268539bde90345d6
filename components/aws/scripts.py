"""The bucket that hosts fetch their scripts from."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.naming import Tags


@dataclass(frozen=True, kw_only=True)
class ScriptsArgs:
    """``content`` is the archive, ``key`` its object key, which holds the hash of ``content``.

    ``kms_key_arn``: of the key that objects are encrypted with, None for S3's own.
    """

    key: str
    content: bytes
    tags: Tags
    kms_key_arn: pulumi.Input[str] | None = None


class Scripts(pulumi.ComponentResource):
    """A private, encrypted, versioned bucket that answers over TLS only, with one object per release of the scripts."""

    bucket: pulumi.Output[str]
    bucket_arn: pulumi.Output[str]

    def __init__(self, name: str, args: ScriptsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:Scripts", name, None, opts)
        # Everything in it comes from this repository, so nothing is lost when it goes with its stack.
        bucket = aws.s3.Bucket(
            name, force_destroy=True, tags=args.tags.named("scripts"), opts=pulumi.ResourceOptions(parent=self)
        )
        guards = self._guard(name, bucket=bucket, kms_key_arn=args.kms_key_arn)
        aws.s3.BucketObjectv2(
            name,
            bucket=bucket.bucket,
            key=args.key,
            content=args.content.decode(),
            content_type="text/plain; charset=utf-8",
            tags=args.tags.own.named("scripts"),  # an S3 object takes 10 tags, so not the user's
            # The object of the last release stays: hosts of the former launch template version still fetch it when a
            # refresh rolls back. It goes with the bucket.
            opts=pulumi.ResourceOptions(parent=self, depends_on=guards, retain_on_delete=True),
        )
        self.bucket = bucket.bucket
        self.bucket_arn = bucket.arn
        self.register_outputs({"bucket": self.bucket, "bucket_arn": self.bucket_arn})

    def _guard(
        self, name: str, *, bucket: aws.s3.Bucket, kms_key_arn: pulumi.Input[str] | None
    ) -> list[pulumi.Resource]:
        child = pulumi.ResourceOptions(parent=self)
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
        versioning = aws.s3.BucketVersioning(
            name,
            bucket=bucket.bucket,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=child,
        )
        encryption = aws.s3.BucketServerSideEncryptionConfiguration(
            name, bucket=bucket.bucket, rules=[_encryption(kms_key_arn)], opts=child
        )
        policy = aws.s3.BucketPolicy(
            name,
            bucket=bucket.bucket,
            policy=bucket.arn.apply(lambda arn: json.dumps(tls_only(bucket_arn=arn))),
            # A policy put while the public access block is being set is refused as a conflicting operation.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[block]),
        )
        return [block, ownership, versioning, encryption, policy]


def tls_only(*, bucket_arn: str) -> dict[str, Any]:
    """A bucket policy that refuses every request without TLS."""
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "TlsOnly",
                "Effect": "Deny",
                "Principal": "*",
                "Action": "s3:*",
                "Resource": [bucket_arn, f"{bucket_arn}/*"],
                "Condition": {"Bool": {"aws:SecureTransport": "false"}},
            }
        ],
    }


def _encryption(kms_key_arn: pulumi.Input[str] | None) -> aws.s3.BucketServerSideEncryptionConfigurationRuleArgs:
    return aws.s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=(
            aws.s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
                sse_algorithm="AES256" if kms_key_arn is None else "aws:kms", kms_master_key_id=kms_key_arn
            )
        ),
        bucket_key_enabled=None if kms_key_arn is None else True,  # one call of KMS for many objects
    )
