"""The signature is what botocore, AWS's own client, makes of the same request."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from userdata.files.aws_call.sign import Credentials, Scope, signed_headers

HEADERS = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "GraniteServiceVersion20100801.PutMetricData"}
KEY = "AKIDEXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"  # of AWS's documentation


@pytest.mark.parametrize("token", ["", "a//long+token=="])
@pytest.mark.parametrize(
    ("url", "body"),
    [
        ("https://monitoring.us-east-1.amazonaws.com/", b'{"Namespace":"vLLM"}'),
        ("https://logs.eu-central-1.amazonaws.com", b""),
        ("http://127.0.0.1:4566", "é ✓".encode()),
    ],
)
def test_a_request_is_signed_as_botocore_signs_it(url: str, body: bytes, token: str) -> None:
    theirs = AWSRequest(method="POST", url=url, data=body, headers=dict(HEADERS))
    SigV4Auth(BotoCredentials(KEY, SECRET, token or None), "logs", "eu-central-1").add_auth(theirs)
    now = datetime.strptime(theirs.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = signed_headers(
        url=url,
        headers=HEADERS,
        body=body,
        credentials=Credentials(key_id=KEY, secret=SECRET, token=token),
        scope=Scope(region="eu-central-1", service="logs"),
        now=now,
    )
    assert ours["Authorization"] == theirs.headers["Authorization"]
    assert ours["X-Amz-Date"] == theirs.headers["X-Amz-Date"]
    assert ours.get("X-Amz-Security-Token", "") == token


def test_secrets_are_not_shown() -> None:
    shown = repr(Credentials(key_id=KEY, secret=SECRET, token="a-token"))
    assert SECRET not in shown
    assert "a-token" not in shown
