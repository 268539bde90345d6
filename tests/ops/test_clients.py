"""What is said of AWS's refusals."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from ops.clients import aws_errors
from ops.errors import OpsError


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("UnauthorizedOperation", "AWS permissions: could not list things: your role may not call DescribeVolumes"),
        ("AccessDeniedException", "AWS permissions: could not list things: your role may not call DescribeVolumes"),
        ("AccessDenied", "AWS permissions: could not list things: your role may not call DescribeVolumes"),
        ("ExpiredToken", "AWS credentials: could not list things: the credentials have expired or are not valid"),
        ("AuthFailure", "AWS credentials: could not list things: the credentials have expired or are not valid"),
        ("InternalError", "AWS: could not list things"),
    ],
)
def test_a_refusal_says_what_was_tried_and_why_not(code: str, says: str) -> None:
    refusal = ClientError({"Error": {"Code": code, "Message": "the words of AWS"}}, "DescribeVolumes")
    with pytest.raises(OpsError) as caught, aws_errors("list things"):
        raise refusal
    assert str(caught.value).startswith(f"{says}\n")
