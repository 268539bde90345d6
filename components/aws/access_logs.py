"""The bucket that the load balancer writes its access logs to.

"Enable access logs for your Application Load Balancer" (docs.aws.amazon.com/elasticloadbalancing/latest/application/
enable-access-logging.html, read 2026-11-29): the bucket is in the load balancer's region, SSE-S3 is the only encryption
that it takes, the service principal may put objects below ``AWSLogs/ACCOUNT/``. The policy of older regions, with an
account id of each, "is still supported, but we recommend that you replace it".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
import pulumi_aws as aws

from components.aws.naming import Tags
from components.aws.private_bucket import keep_private

KEPT_DAYS = 90
ABANDONED_DAYS = 7  # what of an upload that broke off is paid for until then
WRITER = "logdelivery.elasticloadbalancing.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class AccessLogsArgs:
    """``keep``: logs outlive the stack. AWS deletes no bucket with objects in it, so it is left, guarded and emptied by
    its own lifecycle; otherwise it is emptied and goes with the stack."""

    account: str
    keep: bool
    tags: Tags


class AccessLogs(pulumi.ComponentResource):
    """A private bucket. Not versioned: its objects are written once, and a version would outlive the 90 days."""

    bucket: pulumi.Output[str]

    def __init__(self, name: str, args: AccessLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:AccessLogs", name, None, opts)
        child = pulumi.ResourceOptions(parent=self, retain_on_delete=args.keep)
        bucket = aws.s3.Bucket(name, force_destroy=not args.keep, tags=args.tags.named("access-logs"), opts=child)
        guards = keep_private(
            name,
            bucket=bucket,
            child=child,
            statements=bucket.arn.apply(lambda arn: [delivery(bucket_arn=arn, account=args.account)]),
        )
        aws.s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.bucket,
            rules=[
                aws.s3.BucketLifecycleConfigurationRuleArgs(
                    id="expire",
                    status="Enabled",
                    filter=aws.s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
                    expiration=aws.s3.BucketLifecycleConfigurationRuleExpirationArgs(days=KEPT_DAYS),
                    abort_incomplete_multipart_upload=(
                        aws.s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                            days_after_initiation=ABANDONED_DAYS
                        )
                    ),
                )
            ],
            opts=child,
        )
        # Of the policy, not of the bucket: the load balancer tries a first write when it is told the name.
        self.bucket = guards.policy.bucket
        self.register_outputs({"bucket": self.bucket})


def delivery(*, bucket_arn: str, account: str) -> Mapping[str, Any]:
    """Lets the load balancers of one account write their logs, and nothing else."""
    return {
        "Sid": "AccessLogs",
        "Effect": "Allow",
        "Principal": {"Service": WRITER},
        "Action": "s3:PutObject",
        "Resource": f"{bucket_arn}/AWSLogs/{account}/*",
    }
