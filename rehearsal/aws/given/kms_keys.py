"""A customer managed key, by its ARN. Its policy is the user's: taken to say all that docs/encryption.md asks."""

from __future__ import annotations

import json

from moto.kms import models
from moto.kms.models import kms_backends

from rehearsal.aws.given.chosen import ACCOUNT, next_id, region_of

_SERVICES = ["cloudwatch.amazonaws.com", "events.amazonaws.com"]
_OPEN = {"Effect": "Allow", "Principal": {"AWS": "*", "Service": _SERVICES}, "Action": "kms:*", "Resource": "*"}


def make_kms_key(arn: str) -> None:
    backend = kms_backends[ACCOUNT][region_of(arn)]
    key_id = arn.rpartition("/")[2]
    if key_id in backend.keys:
        return
    with next_id(models, "generate_key_id", key_id):
        backend.create_key(
            policy=json.dumps({"Version": "2012-10-17", "Statement": [_OPEN]}),
            key_usage="ENCRYPT_DECRYPT",
            key_spec="SYMMETRIC_DEFAULT",
            description="given",
            tags=None,
        )
