"""Every bucket says how it encrypts."""

from __future__ import annotations

from collections.abc import Iterator

from policies.model import Deployment, Finding, Rule, found

BUCKETS = ("aws:s3/bucket:Bucket", "aws:s3/bucketV2:BucketV2")
ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "aws:s3/bucketServerSideEncryptionConfigurationV2:BucketServerSideEncryptionConfigurationV2",
)


def check(deployment: Deployment) -> Iterator[Finding]:
    for bucket in deployment.of_type(*BUCKETS):
        if not deployment.linked(ENCRYPTION, by="bucket", to=bucket):
            yield found(bucket, "no BucketServerSideEncryptionConfiguration belongs to this bucket")


RULE = Rule(
    id="buckets-encrypted",
    level="mandatory",
    says="Each bucket has a configuration of its encryption.",
    cause="an account-wide default is changed, and logs with addresses of clients lie under a key that more people "
    "can use",
    remedy="add aws.s3.BucketServerSideEncryptionConfiguration for it (AES256 where load balancers write)",
    check=check,
)
