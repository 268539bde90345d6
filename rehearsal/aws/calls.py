"""The emulator's request log: which AWS calls were made, in order."""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import parse_qs

_MAX_FORM_BYTES = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request to the emulator.

    ``service`` is the signing name ("ec2", "autoscaling", "s3"), ``action`` the API action, or "METHOD /path"
    where the wire has none (S3). ``access_key`` is the id of the key that signed it, empty when none did.
    ``at`` is seconds of the monotonic clock. ``status`` is the HTTP status; 500 means that the emulator does
    not know the action.
    """

    service: str
    action: str
    access_key: str
    at: float
    status: int


class CallLog:
    """A WSGI middleware that records each request and lets ``before`` run ahead of it."""

    def __init__(self, app: Callable[..., Iterable[bytes]], *, before: Callable[[], None]) -> None:
        self._app = app
        self._before = before
        self._lock = Lock()
        self._calls: list[Call] = []

    @property
    def calls(self) -> tuple[Call, ...]:
        with self._lock:
            return tuple(self._calls)

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO", "").startswith("/moto-api"):
            return self._app(environ, start_response)
        (access_key, service), action = _signer(environ), _action(environ)

        def recorded(status: str, *args: Any) -> Any:
            call = Call(
                service=service,
                action=action,
                access_key=access_key,
                at=time.monotonic(),
                status=int(status.split()[0]),
            )
            with self._lock:
                self._calls.append(call)
            return start_response(status, *args)

        self._before()
        return self._app(environ, recorded)


def _signer(environ: dict[str, Any]) -> tuple[str, str]:
    """Key id and service of the signature's scope: ``Credential=KEY/DATE/REGION/SERVICE/aws4_request``."""
    scope = environ.get("HTTP_AUTHORIZATION", "").partition("Credential=")[2].partition(",")[0].split("/")
    return (scope[0], scope[-2]) if len(scope) >= 5 else ("", "unsigned")


def _action(environ: dict[str, Any]) -> str:
    target = environ.get("HTTP_X_AMZ_TARGET")
    if target:
        return str(target).rpartition(".")[2]
    form = _form(environ)
    if "Action" in form:
        return form["Action"][0]
    return f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}"


def _form(environ: dict[str, Any]) -> dict[str, list[str]]:
    """The parameters of an AWS query request, with the body put back for the application."""
    if not environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded"):
        return {}
    length = int(environ.get("CONTENT_LENGTH") or 0)
    if not 0 < length <= _MAX_FORM_BYTES:
        return {}
    body = environ["wsgi.input"].read(length)
    environ["wsgi.input"] = io.BytesIO(body)
    return parse_qs(body.decode(errors="replace"))
