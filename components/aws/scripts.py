"""The bucket that hosts fetch their scripts from."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.naming import Tags
from components.aws.private_bucket import keep_private


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
        child = pulumi.ResourceOptions(parent=self)
        guards = keep_private(name, bucket=bucket, child=child, kms_key_arn=args.kms_key_arn).all
        versioning = aws.s3.BucketVersioning(
            name,
            bucket=bucket.bucket,
            versioning_configuration=aws.s3.BucketVersioningVersioningConfigurationArgs(status="Enabled"),
            opts=child,
        )
        aws.s3.BucketObjectv2(
            name,
            bucket=bucket.bucket,
            key=args.key,
            content=args.content.decode(),
            content_type="text/plain; charset=utf-8",
            tags=args.tags.own.named("scripts"),  # an S3 object takes 10 tags, so not the user's
            # The object of the last release stays: hosts of the former launch template version still fetch it when a
            # refresh rolls back. It goes with the bucket.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[*guards, versioning], retain_on_delete=True),
        )
        self.bucket = bucket.bucket
        self.bucket_arn = bucket.arn
        self.register_outputs({"bucket": self.bucket, "bucket_arn": self.bucket_arn})
