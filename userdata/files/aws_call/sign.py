"""Signature Version 4 of a POST. Pure. IAM user guide, "Create a signed AWS API request"."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from urllib.parse import urlsplit

ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """Keys of a role. ``token`` is empty for keys that need none."""

    key_id: str
    secret: str = field(repr=False)
    token: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What a signature is for. ``service`` by its signing name."""

    region: str
    service: str


def signed_headers(
    *, url: str, headers: Mapping[str, str], body: bytes, credentials: Credentials, scope: Scope, now: datetime
) -> dict[str, str]:
    """All headers of the request, with the signature. ``url``: without a query; ``now``: AWS allows five minutes."""
    at = now.astimezone(timezone.utc).strftime("%Y%m%dT%H%M%SZ")  # noqa: UP017 (hosts may have Python 3.10)
    parts = urlsplit(url)
    complete = {**headers, "Host": parts.netloc, "X-Amz-Date": at}
    if credentials.token:
        complete["X-Amz-Security-Token"] = credentials.token
    lowered = {name.lower(): " ".join(value.split()) for name, value in complete.items()}
    names = ";".join(sorted(lowered))
    canonical = "\n".join(
        (
            "POST",
            parts.path or "/",
            "",  # the query
            *(f"{name}:{lowered[name]}" for name in sorted(lowered)),
            "",
            names,
            hashlib.sha256(body).hexdigest(),
        )
    )
    day = f"{at[:8]}/{scope.region}/{scope.service}/aws4_request"
    text = "\n".join((ALGORITHM, at, day, hashlib.sha256(canonical.encode()).hexdigest()))
    signature = _hmac(_signing_key(credentials.secret, day), text).hex()
    value = f"{ALGORITHM} Credential={credentials.key_id}/{day}, SignedHeaders={names}, Signature={signature}"
    return {**complete, "Authorization": value}


def _signing_key(secret: str, day: str) -> bytes:
    key = f"AWS4{secret}".encode()
    for part in day.split("/"):
        key = _hmac(key, part)
    return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()
