"""One request at a time, and a request that is sent again is not carried out again."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any

_KEPT = 512  # answers; a client sends a request again within seconds


class AnswerOnce:
    """A WSGI middleware in front of moto, which is not made for several threads: ``lock`` is held for each request.

    AWS SDKs name an invocation in ``amz-sdk-invocation-id``, the same for each of its attempts. Where the answer to the
    first attempt was lost on the way, the next gets that answer: carried out again, revoking a rule, say, would fail.
    Errors are not kept, so that a retry after one is a new try.
    """

    def __init__(self, app: Callable[..., Iterable[bytes]], *, lock: AbstractContextManager[Any]) -> None:
        self._app = app
        self._lock = lock
        self._answers: dict[str, tuple[str, list[tuple[str, str]], bytes]] = {}

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        invocation = environ.get("HTTP_AMZ_SDK_INVOCATION_ID", "")
        with self._lock:
            answer = self._answers.get(invocation) or self._carry_out(environ)
            if invocation and answer[0].startswith("2"):
                self._answers[invocation] = answer
                if len(self._answers) > _KEPT:
                    del self._answers[next(iter(self._answers))]
        start_response(answer[0], answer[1])
        return [answer[2]]

    def _carry_out(self, environ: dict[str, Any]) -> tuple[str, list[tuple[str, str]], bytes]:
        head: list[tuple[str, list[tuple[str, str]]]] = []

        def started(status: str, headers: list[tuple[str, str]], *_: Any) -> None:
            head.append((status, headers))

        body = self._app(environ, started)
        try:
            content = b"".join(body)
        finally:
            if close := getattr(body, "close", None):
                close()
        return (*head[-1], content)
