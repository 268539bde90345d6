"""The keys that a host has: those of its role, from the metadata service (EC2 user guide, "Retrieve security
credentials from instance metadata" and "Use IMDSv2")."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Protocol
from urllib.parse import urlsplit

from .errors import NotSentError
from .sign import Credentials

TOKEN_TTL_S = 21600
RENEW_BEFORE_S = 600  # new ones are there at least five minutes before the old ones end
LONGEST_S = 3600  # a wall clock that is wrong must not make keys look fresh for days
SHORTEST_S = 60
_ROLE = "iam/security-credentials/"


class Keys(Protocol):
    """Where a client gets its keys."""

    def get(self) -> Credentials:
        """NotSentError when there are none."""

    def forget(self) -> None:
        """AWS did not accept the last ones."""


@dataclass(frozen=True, kw_only=True)
class FixedKeys:
    credentials: Credentials

    def get(self) -> Credentials:
        return self.credentials

    def forget(self) -> None:
        """They are all there is."""


@dataclass(kw_only=True)
class Metadata:
    """The instance metadata, version 2."""

    address: str = "http://169.254.169.254"
    timeout_s: float = 5
    _token: str = ""

    def get(self, path: str) -> str | None:
        """The text below ``latest/meta-data/``; None for what is not there. NotSentError when nobody answers."""
        for _ in range(2):
            if not self._token:
                self._token = self._new_token()
            status, text = self._ask("GET", f"/latest/meta-data/{path}", {"X-aws-ec2-metadata-token": self._token})
            if status != http.HTTPStatus.UNAUTHORIZED:
                return text.strip() if status == http.HTTPStatus.OK else None
            self._token = ""
        return None

    def _new_token(self) -> str:
        ttl = {"X-aws-ec2-metadata-token-ttl-seconds": str(TOKEN_TTL_S)}
        status, token = self._ask("PUT", "/latest/api/token", ttl)
        if status != http.HTTPStatus.OK:
            raise NotSentError(f"the metadata service gives no token (HTTP {status})")
        return token

    def _ask(self, method: str, path: str, headers: Mapping[str, str]) -> tuple[int, str]:
        parts = urlsplit(self.address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=self.timeout_s)
        try:
            connection.request(method, path, headers=dict(headers))
            response = connection.getresponse()
            return response.status, response.read().decode(errors="replace")
        except (OSError, http.client.HTTPException) as error:
            raise NotSentError(f"the metadata service does not answer: {error!r}") from error
        finally:
            connection.close()


def utc_now() -> datetime:
    return datetime.now(timezone.utc)  # noqa: UP017 (hosts may have Python 3.10)


@dataclass(kw_only=True)
class RoleKeys:
    """Kept until shortly before they end, by a clock that only runs forward."""

    metadata: Metadata = field(default_factory=Metadata)
    wall: Callable[[], datetime] = utc_now
    clock: Callable[[], float] = time.monotonic
    _known: Credentials | None = None
    _until_s: float = 0

    def get(self) -> Credentials:
        if self._known is None or self.clock() >= self._until_s:
            self._renew()
        if self._known is None:
            raise NotSentError("the instance has no role")
        return self._known

    def forget(self) -> None:
        self._known = None

    def _renew(self) -> None:
        try:
            self._known, lasts_s = self._ask()
        except NotSentError:
            if self._known is None:
                raise
            lasts_s = 0  # those of before may still do
        self._until_s = self.clock() + min(max(lasts_s - RENEW_BEFORE_S, SHORTEST_S), LONGEST_S)

    def _ask(self) -> tuple[Credentials, float]:
        role = (self.metadata.get(_ROLE) or "").split("\n")[0].strip()
        text = self.metadata.get(_ROLE + role) if role else None
        if not text:
            raise NotSentError("the metadata service tells no role of this instance")
        try:
            found = json.loads(text)
            ends = datetime.strptime(found["Expiration"], "%Y-%m-%dT%H:%M:%SZ").replace(
                tzinfo=timezone.utc  # noqa: UP017
            )
            keys = Credentials(key_id=found["AccessKeyId"], secret=found["SecretAccessKey"], token=found["Token"])
        except (ValueError, KeyError, TypeError) as error:
            raise NotSentError(f"the metadata service tells no keys of the role {role}") from error
        return keys, (ends - self.wall()).total_seconds()


def keys_of(environment: Mapping[str, str]) -> Keys:
    """Of the environment where it has some, as for a rehearsal; else those of the instance's role."""
    if environment.get("AWS_ACCESS_KEY_ID"):
        fixed = Credentials(
            key_id=environment["AWS_ACCESS_KEY_ID"],
            secret=environment.get("AWS_SECRET_ACCESS_KEY", ""),
            token=environment.get("AWS_SESSION_TOKEN", ""),
        )
        return FixedKeys(credentials=fixed)
    return RoleKeys(metadata=metadata_of(environment))


def metadata_of(environment: Mapping[str, str]) -> Metadata:
    return Metadata(address=environment.get("IMDS") or "http://169.254.169.254")
