"""One call of a service, sent again where that is safe."""

from __future__ import annotations

import http.client
import json
import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from .credentials import Keys, keys_of, utc_now
from .errors import CallError, NotSentError, RefusedError, UnansweredError
from .sign import Scope, signed_headers

TIMEOUT_S = 10
ATTEMPTS = 4
LONGEST_PAUSE_S = 8
_OF_A_GATEWAY = (http.HTTPStatus.BAD_GATEWAY, http.HTTPStatus.GATEWAY_TIMEOUT)


@dataclass(frozen=True, kw_only=True)
class Service:
    """``name``: in host names and signatures; ``target`` and ``version``: of its JSON protocol."""

    name: str
    target: str
    version: str


CLOUDWATCH = Service(name="monitoring", target="GraniteServiceVersion20100801", version="1.0")
LOGS = Service(name="logs", target="Logs_20140328", version="1.1")


@dataclass(kw_only=True)
class Client:
    """``pause`` gets seconds; ``wall`` is corrected by what AWS says the time is, when AWS refuses ours."""

    service: Service
    region: str
    endpoint: str
    keys: Keys
    timeout_s: float = TIMEOUT_S
    attempts: int = ATTEMPTS
    pause: Callable[[float], object] = time.sleep
    wall: Callable[[], datetime] = utc_now
    _ahead: timedelta = timedelta()

    def call(self, action: str, arguments: Mapping[str, Any], *, again: bool) -> dict[str, Any]:
        """The answer. ``again``: may be sent again when AWS may have done it already.

        Raises UnansweredError, NotSentError or RefusedError, after the last attempt.
        """
        body = json.dumps(arguments, separators=(",", ":")).encode()
        for attempt in range(1, self.attempts + 1):
            try:
                return self._post(action, body)
            except CallError as error:
                if attempt == self.attempts or not self._is_worth_another(error, again=again):
                    raise
            # Hosts that were refused together must not come back together.
            self.pause(random.uniform(0, min(LONGEST_PAUSE_S, 2**attempt)))  # noqa: S311 (no secret)
        raise AssertionError("attempts must be at least 1")

    def now(self) -> datetime:
        """The time, as AWS would have it."""
        return self.wall() + self._ahead

    def _is_worth_another(self, error: CallError, *, again: bool) -> bool:
        if isinstance(error, UnansweredError):
            return again
        if isinstance(error, RefusedError):
            if error.is_of_old_keys:
                self.keys.forget()
            return error.is_temporary or error.is_of_old_keys or error.is_of_wrong_clock
        return True

    def _post(self, action: str, body: bytes) -> dict[str, Any]:
        headers = signed_headers(
            url=self.endpoint,
            headers={
                "Content-Type": f"application/x-amz-json-{self.service.version}",
                "X-Amz-Target": f"{self.service.target}.{action}",
            },
            body=body,
            credentials=self.keys.get(),
            scope=Scope(region=self.region, service=self.service.name),
            now=self.now(),
        )
        status, answer, date = self._exchange(headers, body)
        if status == http.HTTPStatus.OK:
            return _parsed(answer)
        if status in _OF_A_GATEWAY:
            raise UnansweredError(f"{self.endpoint} did not answer: HTTP {status} of something on the way")
        refused = _refused(status, answer)
        if refused.is_of_wrong_clock and date:
            self._ahead = _time_of(date, otherwise=self.wall()) - self.wall()
        raise refused

    def _exchange(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes, str]:
        connection = _connection(self.endpoint, timeout_s=self.timeout_s)
        try:
            try:
                connection.connect()
                # AWS does nothing on a part of a body, so an error here means that nothing was done.
                connection.request("POST", urlsplit(self.endpoint).path or "/", body=body, headers=dict(headers))
            except (OSError, http.client.HTTPException) as error:
                raise NotSentError(f"no connection to {self.endpoint}: {error!r}") from error
            try:
                response = connection.getresponse()
                return response.status, response.read(), response.headers.get("Date", "")
            except (OSError, http.client.HTTPException) as error:
                raise UnansweredError(f"{self.endpoint} did not answer: {error!r}") from error
        finally:
            connection.close()


def make_client(service: Service, environment: Mapping[str, str]) -> Client:
    """For a host's environment: AWS_REGION, and AWS_ENDPOINT_URL where AWS is not meant. KeyError without a region."""
    region = environment["AWS_REGION"]
    return Client(
        service=service,
        region=region,
        endpoint=environment.get("AWS_ENDPOINT_URL", "").rstrip("/") or endpoint_of(service, region),
        keys=keys_of(environment),
    )


def endpoint_of(service: Service, region: str) -> str:
    """AWS General Reference, "AWS service endpoints"."""
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://{service.name}.{region}.{suffix}"


def _connection(endpoint: str, *, timeout_s: float) -> http.client.HTTPConnection:
    parts = urlsplit(endpoint)
    if parts.scheme == "https":
        return http.client.HTTPSConnection(
            parts.hostname or "", parts.port or 443, timeout=timeout_s, context=_trusted()
        )
    return http.client.HTTPConnection(parts.hostname or "", parts.port or 80, timeout=timeout_s)


@cache
def _trusted() -> ssl.SSLContext:
    """The system's certificates: reading them takes longer than a call."""
    return ssl.create_default_context()


def _parsed(answer: bytes) -> dict[str, Any]:
    try:
        found = json.loads(answer or b"{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _refused(status: int, answer: bytes) -> RefusedError:
    found = _parsed(answer)
    # "com.amazonaws.logs#ThrottlingException", and with a colon in old services.
    code = str(found.get("__type") or found.get("code") or "").rpartition("#")[2].split(":")[0]
    message = str(found.get("message") or found.get("Message") or answer.decode(errors="replace"))
    return RefusedError(code=code, message=message, status=status)


def _time_of(date: str, *, otherwise: datetime) -> datetime:
    try:
        time = parsedate_to_datetime(date)
    except ValueError:
        return otherwise
    return time if time.tzinfo else otherwise
