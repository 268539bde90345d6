"""What ``ops smoke`` asks an endpoint, one check after the other."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ops.endpoint import Endpoint
from ops.errors import OpsError
from ops.http_call import UnreachableError
from ops.smoke.answers import (
    CheckFailedError,
    SkippedError,
    Words,
    expect,
    said,
    text_of_chat,
    text_of_completion,
    words_of,
    words_of_stream,
)
from ops.smoke.tools import call_tool

MAX_TOKENS = 8
HIDDEN_PATH = "/metrics"  # vLLM serves it without asking for a key; the load balancer must not offer it
OTHER_HIDDEN_PATHS = (
    "/invocations",
    "/tokenize",
    "/openapi.json",
    "/version",
    "/server_info",
    "/sleep",
    "/reset_prefix_cache",
    "/collective_rpc",
    "/v1/load_lora_adapter",
    "/v1/models/../../metrics",
)
"""Of each kind one: APIs that ask for no key, what tells of the server, what operates it, and a detour.

They are asked with GET, which changes nothing where one is offered after all.
"""
NO_ANSWER = "no answer"
NOBODY = 503  # of the load balancer, for a target group without a host
CHAT, TEXT = "/chat/completions", "/completions"


@dataclass(frozen=True, kw_only=True)
class Check:
    """``skipped``: it says nothing here; ``detail`` is why."""

    name: str
    passed: bool
    detail: str
    duration_s: float
    skipped: bool = False


@dataclass(kw_only=True)
class Smoke:
    """One round of checks. ``tokens``: how many the endpoint says it has made for it."""

    endpoint: Endpoint
    has_tool_parser: bool | None = None  # None: not known
    asleep: Callable[[], str] = str  # why nobody answers where that is right; empty where it is not
    model: str | None = None
    context: int | None = None
    tokens: int = 0
    checks: list[Check] = field(default_factory=list)

    def names(self) -> Sequence[tuple[str, Callable[[], str]]]:
        """In order; each says what it saw, or raises."""
        hidden = [("hidden path", self.hides_metrics), ("other hidden paths", self.hides_others)]
        return [
            ("completion", self.completes_chat),
            ("completion, streamed", self.streams_chat),
            ("text completion", self.completes_text),
            ("text completion, streamed", self.streams_text),
            ("tool call", self.calls_tool),
            ("too long a prompt", self.refuses_too_long),
            ("wrong key refused", self.refuses_wrong_key),
            *([] if self.endpoint.direct else hidden),
        ]

    def run(self, name: str, check: Callable[[], str]) -> Check:
        """Make a check and keep it."""
        started = time.perf_counter()
        skipped = False
        try:
            passed, detail = True, check()
        except CheckFailedError as error:
            passed, detail = False, str(error)
        except SkippedError as error:
            passed, skipped, detail = True, True, str(error)
        except OpsError as error:
            passed, skipped, detail = True, True, f"cannot be read: {error.problem.message}"
        except UnreachableError as error:
            passed, detail = False, f"{NO_ANSWER}: {self.endpoint.explain(error)}"
        duration_s = round(time.perf_counter() - started, 3)
        self.checks.append(Check(name=name, passed=passed, detail=detail, duration_s=duration_s, skipped=skipped))
        return self.checks[-1]

    def lists_models(self) -> str:
        answer = self.endpoint.get("/models")
        if answer.status == NOBODY and (why := self.asleep()):
            raise SkippedError(why)
        expect(answer, status=200)
        entries = [entry for entry in said(answer, "data", []) if isinstance(entry, dict) and "id" in entry]
        if not entries:
            raise CheckFailedError("the list of models is empty")
        context = entries[0].get("max_model_len")
        self.model, self.context = str(entries[0]["id"]), context if isinstance(context, int) else None
        return ", ".join(str(entry["id"]) for entry in entries)

    def completes_chat(self) -> str:
        answer = self.endpoint.post(CHAT, {**self._chat(), "max_tokens": MAX_TOKENS})
        return self._counted(words_of(answer, text_of_chat))

    def completes_text(self) -> str:
        answer = self.endpoint.post(TEXT, {**self._text(), "max_tokens": MAX_TOKENS})
        return self._counted(words_of(answer, text_of_completion))

    def streams_chat(self) -> str:
        return self._streamed(CHAT, {**self._chat(), "max_tokens": MAX_TOKENS})

    def streams_text(self) -> str:
        return self._streamed(TEXT, {**self._text(), "max_tokens": MAX_TOKENS})

    def calls_tool(self) -> str:
        seen = call_tool(self.endpoint, model=self._known(), has_parser=self.has_tool_parser)
        self.tokens += seen.tokens
        return seen.detail

    def refuses_too_long(self) -> str:
        """Token numbers in place of words: their count is known without the model's tokenizer."""
        model = self._known()
        if self.context is None:
            raise SkippedError("/v1/models does not say how long a context may be")
        body = {"model": model, "prompt": [1] * (self.context + 1), "max_tokens": 1}
        expect(self.endpoint.post(TEXT, body), status=400)
        return f"400 for {self.context + 1} tokens"

    def refuses_wrong_key(self) -> str:
        expect(self.endpoint.get("/models", key="sk-wrong-" + secrets.token_hex(8)), status=401)
        return "401"

    def hides_metrics(self) -> str:
        expect(self.endpoint.beside(HIDDEN_PATH), status=404)
        return f"{HIDDEN_PATH} is 404"

    def hides_others(self) -> str:
        """With a good key: it must not open them either. A firewall refuses a detour itself, with 403."""
        answers = {path: self.endpoint.beside(path, key=self.endpoint.key).status for path in OTHER_HIDDEN_PATHS}
        offered = [f"{path} is {status}" for path, status in answers.items() if status not in (404, 403)]
        if offered:
            raise CheckFailedError(f"{', '.join(offered)} instead of 404")
        return f"{len(answers)} are not offered"

    def _known(self) -> str:
        if self.model is None:
            raise CheckFailedError("not asked: no model is known")
        return self.model

    def _chat(self) -> dict[str, object]:
        return {"model": self._known(), "messages": [{"role": "user", "content": "Say hello."}]}

    def _text(self) -> dict[str, object]:
        return {"model": self._known(), "prompt": "Hello, my name is"}

    def _streamed(self, path: str, body: dict[str, object]) -> str:
        words = words_of_stream(
            self.endpoint.stream(path, {**body, "stream": True, "stream_options": {"include_usage": True}})
        )
        return f"{self._counted(words)} in {words.pieces} pieces, the first after {words.first_s:.2f} s"

    def _counted(self, words: Words) -> str:
        self.tokens += words.tokens
        return f"{words.tokens} tokens from {self.model}"


def run_checks(
    endpoint: Endpoint,
    *,
    has_tool_parser: bool | None = None,
    metrics: Callable[[], Callable[[int], str]] | None = None,
    asleep: Callable[[], str] = str,
    began: Callable[[str], None] = lambda _: None,
) -> list[Check]:
    """All checks, in order; the later ones also run when an earlier one fails, unless nothing answers at all.

    ``metrics``: reads the stack's numbers before, and gives what compares them after so many tokens. ``asleep``: why
    nobody answers, where that is right. ``began`` is told the name of each check.
    """
    smoke = Smoke(endpoint=endpoint, has_tool_parser=has_tool_parser, asleep=asleep)
    began("models")
    first = smoke.run("models", smoke.lists_models)
    if first.skipped or first.detail.startswith(NO_ANSWER):
        return smoke.checks
    began("metrics")
    compare = _before(metrics)
    for name, check in smoke.names():
        began(name)
        smoke.run(name, check)
    began("metrics")
    smoke.run("metrics move", lambda: compare(smoke.tokens))
    return smoke.checks


def _before(metrics: Callable[[], Callable[[int], str]] | None) -> Callable[[int], str]:
    """What fails to be read before is said in its turn."""
    try:
        if metrics is None:
            raise SkippedError("the address was given, not the stack's own: its metrics are not looked for")
        return metrics()
    except (SkippedError, OpsError, UnreachableError, CheckFailedError) as error:
        reason = error

        def repeat(_tokens: int) -> str:
            raise reason

        return repeat
