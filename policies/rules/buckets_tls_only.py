"""Every bucket refuses plain HTTP."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from policies.documents import as_list, statements
from policies.model import Deployment, Finding, Rule, found
from policies.rules.buckets_encrypted import BUCKETS

POLICY = "aws:s3/bucketPolicy:BucketPolicy"


def check(deployment: Deployment) -> Iterator[Finding]:
    for bucket in deployment.of_type(*BUCKETS):
        policies = deployment.linked([POLICY], by="bucket", to=bucket)
        if not any(_refuses_http(item) for policy in policies for item in statements(policy, "policy")):
            yield found(bucket, "no policy of this bucket denies s3:* where aws:SecureTransport is false")


def _refuses_http(statement: Mapping[str, Any]) -> bool:
    condition = statement.get("Condition", {}).get("Bool", {}).get("aws:SecureTransport")
    everything = as_list(statement.get("Action")) == ["s3:*"]
    return statement.get("Effect") == "Deny" and everything and str(condition).lower() == "false"


RULE = Rule(
    id="buckets-tls-only",
    level="mandatory",
    says="Each bucket has a policy that denies requests without TLS.",
    cause="a script that is fetched over http:// through a proxy comes out as another one",
    remedy="add the statement TlsOnly of components/aws/scripts.py to the bucket's policy",
    check=check,
)
