"""``encryption.kmsKeyArn``: the shape of a customer managed key's ARN."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from config.types import Says

_ARN = r"arn:aws(?:-[a-z]+)*:kms:[a-z0-9-]+:\d{12}"
_KEY_ID = r"(?:mrk-[0-9a-f]{32}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})"


def kms_key_arn(value: str) -> str:
    if re.fullmatch(rf"{_ARN}:alias/.+", value) or value.startswith("alias/"):
        raise ValueError("an alias can be moved to another key, and CloudWatch Logs takes none: name the key itself")
    if not re.fullmatch(rf"{_ARN}:key/{_KEY_ID}", value):
        raise ValueError("this is not the ARN of a key in AWS KMS")
    return value


def example_key(region: str) -> str:
    return f"arn:aws:kms:{region}:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"


KmsKeyArn = Annotated[
    str,
    AfterValidator(kms_key_arn),
    Says("the ARN of a symmetric customer managed key in AWS KMS", example_key("us-east-1")),
]
