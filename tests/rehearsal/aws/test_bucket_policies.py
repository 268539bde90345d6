from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.server import EmulatedAws

BUCKET = "scripts"


def deny(**condition: Any) -> str:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        **condition,
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def test_a_tls_only_bucket_takes_and_gives_objects() -> None:
    with EmulatedAws() as aws:
        s3 = aws.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_policy(Bucket=BUCKET, Policy=deny(Condition={"Bool": {"aws:SecureTransport": "false"}}))
        s3.put_object(Bucket=BUCKET, Key="a", Body=b"text")
        assert s3.get_object(Bucket=BUCKET, Key="a")["Body"].read() == b"text"


def test_any_other_deny_still_denies() -> None:
    with EmulatedAws() as aws:
        s3 = aws.client("s3")
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_policy(Bucket=BUCKET, Policy=deny())
        with pytest.raises(ClientError, match="403"):
            s3.put_object(Bucket=BUCKET, Key="a", Body=b"text")
