"""No bucket can be made public."""

from __future__ import annotations

from collections.abc import Iterator

from policies.model import Deployment, Finding, Rule, found
from policies.rules.buckets_encrypted import BUCKETS

BLOCK = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
SWITCHES = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def check(deployment: Deployment) -> Iterator[Finding]:
    for bucket in deployment.of_type(*BUCKETS):
        blocks = deployment.linked([BLOCK], by="bucket", to=bucket)
        off = [switch for switch in SWITCHES if not any(block.inputs.get(switch) is True for block in blocks)]
        if off:
            yield found(bucket, f"off or missing: {', '.join(off)}")


RULE = Rule(
    id="buckets-private",
    level="mandatory",
    says="Each bucket has a public access block with all four switches on.",
    cause="hosts run scripts of a bucket as root: when strangers can write to it, the hosts are theirs",
    remedy="add aws.s3.BucketPublicAccessBlock for it with all four on",
    check=check,
)
