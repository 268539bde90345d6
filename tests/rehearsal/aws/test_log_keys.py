"""A log group takes another key, and none again."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.server import EmulatedAws

KEY = "arn:aws:kms:us-east-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"


def test_the_key_of_a_log_group_comes_and_goes() -> None:
    with EmulatedAws() as aws:
        logs = aws.client("logs")
        logs.create_log_group(logGroupName="hosts")
        logs.associate_kms_key(logGroupName="hosts", kmsKeyId=KEY)
        assert logs.describe_log_groups()["logGroups"][0]["kmsKeyId"] == KEY
        logs.disassociate_kms_key(logGroupName="hosts")
        assert "kmsKeyId" not in logs.describe_log_groups()["logGroups"][0]
        with pytest.raises(ClientError, match="ResourceNotFoundException"):
            logs.associate_kms_key(logGroupName="others", kmsKeyId=KEY)
