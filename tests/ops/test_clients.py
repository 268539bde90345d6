"""What is said of AWS's refusals."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    LoginRefreshRequired,
    PartialCredentialsError,
    UnauthorizedSSOTokenError,
)

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


@pytest.mark.parametrize(
    "error",
    [
        UnauthorizedSSOTokenError(),
        LoginRefreshRequired(),
        PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"),
        CredentialRetrievalError(provider="process", error_msg="no"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_login_that_has_ended_is_no_fault_of_aws(error: BotoCoreError) -> None:
    with pytest.raises(OpsError) as caught, aws_errors("list things"):
        raise error
    assert str(caught.value).startswith("AWS credentials: could not list things: no usable credentials\n")
