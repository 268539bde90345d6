"""What may go through private endpoints, as data. Pure: ARNs in, a policy document out.

The role says what a host may do; these say who may be asked at all: a host that is taken over cannot carry prompts away
with the keys of another account.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


def own_account_only(*, account: str) -> dict[str, Any]:
    """For an interface endpoint: whatever the caller's role may do, for callers of this account alone."""
    return _document([_allow("OwnAccount", "*", "*", account=account)])


def reading_s3(*, account: str, region: str, partition: str, readable: Sequence[str]) -> dict[str, Any]:
    """For the gateway endpoint of S3. ``readable``: ARNs of buckets (to list) and of objects in them (to get).

    Layers of images are objects of ECR's own bucket, which it signs addresses of (ECR user guide, "Minimum Amazon S3
    Bucket Permissions for Amazon ECR").
    """
    layers = f"arn:{partition}:s3:::prod-{region}-starport-layer-bucket/*"
    return _document(
        [
            _allow("ReadOwn", ["s3:GetObject", "s3:ListBucket"], sorted(readable), account=account),
            _allow("ImageLayers", "s3:GetObject", layers),
        ]
    )


def _document(statements: list[dict[str, Any]]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(
    sid: str, actions: str | list[str], resources: str | list[str], *, account: str | None = None
) -> dict[str, Any]:
    condition = {"Condition": {"StringEquals": {"aws:PrincipalAccount": account}}} if account else {}
    return {"Sid": sid, "Effect": "Allow", "Principal": "*", "Action": actions, "Resource": resources, **condition}
