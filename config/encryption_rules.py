"""Rules between the keys of ``encryption``, and with others."""

from __future__ import annotations

from config.errors import Problem
from config.kms import example_key
from config.models import StackConfig


def one_key_is_used(config: StackConfig) -> Problem | None:
    """A key of the user's and one of the stack's."""
    wanted = config.encryption
    if wanted.kms_key_arn is None or not wanted.own_key:
        return None
    return Problem(
        path="vllm:encryption.ownKey",
        given="true",
        allowed="nothing, beside encryption.kmsKeyArn",
        example=f"kmsKeyArn: {wanted.kms_key_arn}",
        message="the stack uses one key: yours, or one that it makes; leave one of the two out",
    )


def key_in_region(config: StackConfig) -> Problem | None:
    arn = config.encryption.kms_key_arn
    if arn is None or arn.split(":")[3] == config.region:
        return None
    return Problem(
        path="vllm:encryption.kmsKeyArn",
        given=arn,
        allowed=f"a key in {config.region}",
        example=example_key(config.region),
        message="volumes, logs, secrets and topics use keys of their own region only: make one, or a replica, there",
    )
