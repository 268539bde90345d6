"""A machine on which someone works with a real AWS account. The values are AWS's own documentation examples."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

REAL_LOOKING: Mapping[str, str] = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_SESSION_TOKEN": "AQoEXAMPLEH4aoAH0gNCAPyJxz4BlCFFxWNE1OPTgk5TthT",
    "AWS_PROFILE": "production",
    "AWS_ENDPOINT_URL_S3": "https://s3.us-east-1.amazonaws.com",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://169.254.170.23/v1/credentials",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/var/run/secrets/token",
    "AWS_ROLE_ARN": "arn:aws:iam::111122223333:role/production",
    "HTTPS_PROXY": "http://proxy.example.com:3128",
    "PULUMI_ACCESS_TOKEN": "pul-0123456789abcdef0123456789abcdef01234567",
    "PULUMI_BACKEND_URL": "s3://production-state",
}
PROFILE = """\
[profile production]
region = eu-west-1
endpoint_url = https://aws.example.com
"""
CREDENTIALS = """\
[default]
aws_access_key_id = AKIAI44QH8DHBEXAMPLE
aws_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY
[production]
aws_access_key_id = AKIAI44QH8DHBEXAMPLE
aws_secret_access_key = je7MtGbClwBF/2Zp9Utk/h3yCo8nvbEXAMPLEKEY
"""


def environment(*, home: Path) -> Mapping[str, str]:
    """Its environment; writes the profiles below ``home``. Caches stay where this machine has them."""
    (home / ".aws").mkdir()
    (home / ".aws" / "config").write_text(PROFILE)
    (home / ".aws" / "credentials").write_text(CREDENTIALS)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    caches = {"XDG_CACHE_HOME": str(cache), "TFBRIDGE_CACHE_DIR": str(cache / "tfbridge")}
    return {**os.environ, **REAL_LOOKING, **caches, "HOME": str(home)}
