"""What may be wrong with the world of a rehearsed host. Everything is off until it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

from rehearsal.host.imds import TOKEN_PATH
from rehearsal.host.web import Answer, Request, Respond, size_of

ALWAYS = 1_000_000


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """The first ``times`` requests of an AWS action are answered with this error.

    "ThrottlingException" and "RequestLimitExceeded" are what services answer to too many requests, "AccessDenied..." to
    a role that may not (API references, "Common Errors").
    """

    action: str
    code: str = "ThrottlingException"
    times: int = ALWAYS


@dataclass(frozen=True, kw_only=True)
class Faults:
    """``registry_errors``: so many pulls fail before one works. ``hub_busy``: so many requests get a 429 that asks to
    come again after ``hub_retry_after_s``. ``token_refusals``: so many metadata tokens are refused."""

    registry_errors: int = 0
    hub_busy: int = 0
    hub_retry_after_s: int = 2
    token_refusals: int = 0
    aws: tuple[Refusal, ...] = ()


@dataclass(kw_only=True)
class Meter:
    """Counts the requests, those of them that were refused, and the bytes of the answers to GET."""

    respond: Respond
    bytes: int = 0
    requests: int = 0
    refused: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, request: Request) -> Answer:
        answer = self.respond(request)
        with self._lock:
            self.requests += 1
            self.refused += answer.status >= 400
            if request.method == "GET" and answer.status == 200:
                self.bytes += size_of(answer)
        return answer


@dataclass(kw_only=True)
class FailFirst:
    """Answers ``answer`` to the first ``times`` requests that ``matches``."""

    respond: Respond
    times: int
    answer: Answer
    matches: Callable[[Request], bool]
    failed: int = 0
    _lock: Lock = field(default_factory=Lock)

    def __call__(self, request: Request) -> Answer:
        with self._lock:
            fails = self.failed < self.times and self.matches(request)
            self.failed += fails
        return self.answer if fails else self.respond(request)


def flaky_registry(respond: Respond, faults: Faults) -> FailFirst:
    return FailFirst(
        respond=respond,
        times=faults.registry_errors,
        answer=Answer(status=503, body="the rehearsed registry is not well"),
        matches=lambda request: "/manifests/" in request.path,
    )


def busy_hub(respond: Respond, faults: Faults) -> FailFirst:
    return FailFirst(
        respond=respond,
        times=faults.hub_busy,
        answer=Answer(status=429, headers={"Retry-After": str(faults.hub_retry_after_s)}, body="Too Many Requests"),
        matches=lambda request: bool(request.path),
    )


def refused_tokens(respond: Respond, faults: Faults) -> FailFirst:
    """As where the metadata service is switched off for an instance: HTTP 403."""
    return FailFirst(
        respond=respond,
        times=faults.token_refusals,
        answer=Answer(status=403, body="Forbidden"),
        matches=lambda request: request.path == TOKEN_PATH,
    )
