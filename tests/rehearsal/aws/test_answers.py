from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

from rehearsal.aws.answers import AnswerOnce


class Backend:
    def __init__(self, *statuses: str) -> None:
        self.statuses = list(statuses)
        self.carried_out = 0

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.carried_out += 1
        start_response(self.statuses.pop(0), [("Content-Type", "text/plain")])
        return [b"answer ", str(self.carried_out).encode()]


def ask(app: AnswerOnce, invocation: str) -> tuple[str, bytes]:
    heads: list[str] = []
    environ = {"HTTP_AMZ_SDK_INVOCATION_ID": invocation} if invocation else {}
    content = b"".join(app(environ, lambda status, _: heads.append(status)))
    return heads[0], content


def test_a_second_attempt_gets_the_first_ones_answer() -> None:
    backend = Backend("200 OK")
    app = AnswerOnce(backend, lock=Lock())
    assert ask(app, "one") == ask(app, "one") == ("200 OK", b"answer 1")
    assert backend.carried_out == 1


def test_another_invocation_is_carried_out() -> None:
    app = AnswerOnce(Backend("200 OK", "200 OK"), lock=Lock())
    assert ask(app, "one") != ask(app, "two")


def test_an_attempt_after_an_error_is_a_new_try() -> None:
    app = AnswerOnce(Backend("503 Slow Down", "200 OK"), lock=Lock())
    assert ask(app, "one") == ("503 Slow Down", b"answer 1")
    assert ask(app, "one") == ("200 OK", b"answer 2")


def test_requests_without_an_invocation_are_all_carried_out() -> None:
    app = AnswerOnce(Backend("200 OK", "200 OK"), lock=Lock())
    assert ask(app, "") != ask(app, "")
