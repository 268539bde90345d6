"""One HTTP request, its answer usually JSON. The standard library is enough for the few that ``ops`` makes: no
dependency at run time, and it can be told to follow no redirect, which would carry the key to another host."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar
from urllib.parse import urlsplit

MAX_BODY_BYTES = 10_000_000  # the hub lists every file of a model
LOOPBACK_NAMES = ("127.0.0.1", "::1", "localhost")
T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Answer:
    """``body``: the JSON value, None when ``text`` is no JSON. ``headers``: names in lower case."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)
    text: str = field(default="", repr=False)


@dataclass(frozen=True, kw_only=True)
class Stream:
    """``events``: what follows ``data:``, each with the seconds since the request. ``refused``: the answer, where it is
    an error and no stream."""

    events: tuple[tuple[float, str], ...] = ()
    refused: Answer | None = None


class UnreachableError(Exception):
    """No HTTP answer at all: refused, unknown name, timeout, cut off."""


class UnknownNameError(UnreachableError):
    """No name server knows the host."""


class CertificateError(UnreachableError):
    """The server's certificate is for another name, from an unknown authority, or has expired."""


def call(
    url: str,
    *,
    key: str | None,
    timeout_s: float,
    body: Mapping[str, Any] | Sequence[Any] | None = None,
    method: Literal["HEAD"] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """GET, or POST with ``body`` as JSON, or HEAD. Every status is an Answer; UnreachableError when there is none."""
    sent = {"Authorization": f"Bearer {key}"} if key else {}
    sent |= headers or {}
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        sent["Content-Type"] = "application/json"
    request = urllib.request.Request(url, data=data, headers=sent, method=method)  # noqa: S310 - callers check the scheme
    return _sent(request, timeout_s=timeout_s, read=_whole)


def stream(url: str, *, key: str | None, timeout_s: float, body: Mapping[str, Any]) -> Stream:
    """POST, and read server-sent events as they come. UnreachableError when there is no answer, or it breaks off."""
    sent = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {key}"} if key else {})
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers=sent)  # noqa: S310 - as above
    began_s = time.perf_counter()

    def events(response: Any) -> Stream:
        found = []
        for line in response:
            name, _, data = line.decode(errors="replace").strip().partition(":")
            if name == "data":
                found.append((time.perf_counter() - began_s, data.strip()))
        return Stream(events=tuple(found))

    answer = _sent(request, timeout_s=timeout_s, read=events)
    return answer if isinstance(answer, Stream) else Stream(refused=answer)


def _sent(request: urllib.request.Request, *, timeout_s: float, read: Callable[[Any], T]) -> T | Answer:
    """What ``read`` makes of an answer that is no error; the Answer where it is one."""
    try:
        with _opener(request.full_url).open(request, timeout=timeout_s) as response:
            return read(response)
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error.headers, error.read(MAX_BODY_BYTES))
    except urllib.error.URLError as error:
        raise _unreachable(error.reason) from None
    except TimeoutError:
        raise UnreachableError(f"no answer within {timeout_s:g} s") from None
    except (OSError, http.client.HTTPException) as error:
        raise _unreachable(error) from None


def _whole(response: Any) -> Answer:
    return _answer(response.status, response.headers, response.read(MAX_BODY_BYTES))


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any) -> None:
        return None


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Through the machine's proxy, but not to this machine itself (a tunnel)."""
    is_local = urlsplit(url).hostname in LOOPBACK_NAMES
    proxies = [urllib.request.ProxyHandler({})] if is_local else []
    return urllib.request.build_opener(_NoRedirect, *proxies)


def _unreachable(reason: str | BaseException) -> UnreachableError:
    if isinstance(reason, ssl.SSLCertVerificationError):
        return CertificateError(reason.verify_message)
    if isinstance(reason, socket.gaierror):
        return UnknownNameError(str(reason.strerror))
    return UnreachableError(str(reason) or type(reason).__name__)


def _answer(status: int, headers: Any, raw: bytes) -> Answer:
    names = {name.lower(): value for name, value in headers.items()}
    try:
        body = json.loads(raw)
    except ValueError:
        body = None
    return Answer(status=status, body=body, headers=names, text=raw.decode(errors="replace"))
