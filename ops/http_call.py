"""One HTTP request with a JSON answer. The standard library is enough for the four requests that ``ops`` makes:
no dependency at run time, and it can be told to follow no redirect, which would carry the key to another host."""

from __future__ import annotations

import http.client
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

MAX_BODY_BYTES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Answer:
    """``body``: the JSON value; None when the answer is no JSON."""

    status: int
    body: Any


class UnreachableError(Exception):
    """No HTTP answer at all: refused, unknown name, timeout, cut off."""


def call(url: str, *, key: str | None, timeout_s: float, body: Mapping[str, Any] | None = None) -> Answer:
    """GET, or POST with ``body`` as JSON. Every status is an Answer; UnreachableError when there is none."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    data = None
    if body is not None:
        data = json.dumps(body).encode()
        headers["Content-Type"] = "application/json"
    request = urllib.request.Request(url, data=data, headers=headers)  # noqa: S310 - the caller checks the scheme
    try:
        with _opener(url).open(request, timeout=timeout_s) as response:
            return _answer(response.status, response.read(MAX_BODY_BYTES))
    except urllib.error.HTTPError as error:
        with error:
            return _answer(error.code, error.read(MAX_BODY_BYTES))
    except urllib.error.URLError as error:
        raise UnreachableError(str(error.reason)) from None
    except TimeoutError:
        raise UnreachableError(f"no answer within {timeout_s:g} s") from None
    except (OSError, http.client.HTTPException) as error:
        raise UnreachableError(str(error) or type(error).__name__) from None


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_args: Any) -> None:
        return None


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Through the machine's proxy, but not to this machine itself (a tunnel)."""
    is_local = urlsplit(url).hostname in ("127.0.0.1", "::1", "localhost")
    proxies = [urllib.request.ProxyHandler({})] if is_local else []
    return urllib.request.build_opener(_NoRedirect, *proxies)


def _answer(status: int, raw: bytes) -> Answer:
    try:
        return Answer(status=status, body=json.loads(raw))
    except ValueError:
        return Answer(status=status, body=None)
