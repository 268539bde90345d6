"""``ops smoke``: does the endpoint do what a client needs, and refuse what it must? Four small requests."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from config.errors import ConfigError, Problem
from ops.command_line import positive_seconds
from ops.http_call import Answer, UnreachableError, call
from ops.smoke_hints import explain
from ops.smoke_key import given_key, stack_key

if TYPE_CHECKING:
    from ops.outputs import Deployed

HELP = "Ask the endpoint: models, one completion, a wrong key, a path that must not be offered."
DEFAULT_TIMEOUT_S = 60.0
MAX_TOKENS = 8
HIDDEN_PATH = "/metrics"  # vLLM serves it without asking for a key; the load balancer must not offer it

NO_ANSWER = "no answer"


class _CheckFailedError(Exception):
    """A check did not hold; the text says what came instead."""


@dataclass(frozen=True, kw_only=True)
class Check:
    name: str
    passed: bool
    detail: str
    duration_s: float


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """``base_url`` ends in ``/v1``; ``direct``: it is a vLLM server itself, without the load balancer in front.

    ``explain``: what to say where nothing answers.
    """

    base_url: str
    key: str
    direct: bool
    timeout_s: float
    explain: Callable[[UnreachableError], str] = str

    def get(self, path: str, *, key: str | None = None) -> Answer:
        return call(self.base_url + path, key=key or self.key, timeout_s=self.timeout_s)

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        return call(self.base_url + path, key=self.key, timeout_s=self.timeout_s, body=body)

    def hidden(self) -> Answer:
        root = self.base_url.removesuffix("/v1")
        return call(root + HIDDEN_PATH, key=None, timeout_s=self.timeout_s)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stack", required=True, metavar="NAME", help="the stack of Pulumi.NAME.yaml")
    parser.add_argument("--base-url", metavar="URL", help="instead of the endpoint output, e.g. of ops tunnel")
    parser.add_argument("--direct", action="store_true", help="URL is a vLLM server without the load balancer")
    key = parser.add_mutually_exclusive_group()
    key.add_argument("--api-key-env", metavar="VARIABLE", help="take the key from this environment variable")
    key.add_argument("--key-file", metavar="FILE", type=Path, help="take the key from this file")
    key.add_argument("--key-name", metavar="NAME", help="take this key of the stack (default: its oldest)")
    parser.add_argument(
        "--timeout-s", type=positive_seconds, default=DEFAULT_TIMEOUT_S, metavar="S", help="for each request"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    base_url = check_url(args.base_url) if args.base_url else None
    key = given_key(env=args.api_key_env, file=args.key_file, environment=os.environ)
    called: Deployed | None = None
    if base_url is None or key is None:
        from ops.outputs import deployed

        stack = deployed(args.stack)
        called = stack if base_url is None else None
        base_url = base_url or str(stack.output("endpoint")).rstrip("/")
        key = key or stack_key(stack, name=args.key_name)
    endpoint = Endpoint(
        base_url=base_url,
        key=key,
        direct=args.direct,
        timeout_s=args.timeout_s,
        explain=partial(explain, base_url=base_url, stack=called),
    )
    checks = run_checks(endpoint)
    passed = all(check.passed for check in checks)
    if args.json:
        print(json.dumps({"base_url": base_url, "passed": passed, "checks": [asdict(check) for check in checks]}))
    else:
        for check in checks:
            print(f"{'ok    ' if check.passed else 'FAILED'} {check.name} ({check.duration_s:.2f} s): {check.detail}")
    return 0 if passed else 1


def check_url(url: str) -> str:
    """The address without a slash at its end. ConfigError unless it is http(s) and ends in /v1."""
    parts = urlsplit(url)
    cleaned = url.rstrip("/")
    if parts.scheme in ("http", "https") and parts.netloc and cleaned.endswith("/v1"):
        return cleaned
    raise ConfigError(
        [
            Problem(
                path="--base-url",
                given=url,
                allowed="an http or https address that ends in /v1",
                example="http://127.0.0.1:8000/v1",
                message="this is not the base URL of an OpenAI API",
            )
        ]
    )


def run_checks(endpoint: Endpoint) -> list[Check]:
    """All checks, in order; the later ones also run when an earlier one fails, unless nothing answers at all."""
    models: list[str] = []

    def list_models() -> str:
        models.extend(served_models(endpoint))
        return ", ".join(models)

    timed = partial(_timed, explain=endpoint.explain)
    checks = [timed("models", list_models)]
    if checks[0].detail.startswith(NO_ANSWER):
        return checks
    checks.append(timed("completion", lambda: complete(endpoint, models)))
    checks.append(timed("wrong key refused", lambda: refuse_wrong_key(endpoint)))
    if not endpoint.direct:
        checks.append(timed("hidden path", lambda: hide_path(endpoint)))
    return checks


def _timed(name: str, check: Callable[[], str], *, explain: Callable[[UnreachableError], str]) -> Check:
    started = time.perf_counter()
    try:
        passed, detail = True, check()
    except _CheckFailedError as error:
        passed, detail = False, str(error)
    except UnreachableError as error:
        passed, detail = False, f"{NO_ANSWER}: {explain(error)}"
    return Check(name=name, passed=passed, detail=detail, duration_s=round(time.perf_counter() - started, 3))


def served_models(endpoint: Endpoint) -> list[str]:
    answer = _expect(endpoint.get("/models"), status=200)
    models = [str(entry["id"]) for entry in _field(answer, "data", [])]
    if not models:
        raise _CheckFailedError("the list of models is empty")
    return models


def complete(endpoint: Endpoint, models: list[str]) -> str:
    if not models:
        raise _CheckFailedError("not asked: no model is known")
    request = {
        "model": models[0],
        "messages": [{"role": "user", "content": "Say hello."}],
        "max_tokens": MAX_TOKENS,
    }
    answer = _expect(endpoint.post("/chat/completions", request), status=200)
    tokens = _field(answer, "usage", {}).get("completion_tokens", 0)
    if not _field(answer, "choices", []) or not tokens:
        raise _CheckFailedError("the answer holds no completion")
    return f"{tokens} tokens from {models[0]}"


def refuse_wrong_key(endpoint: Endpoint) -> str:
    _expect(endpoint.get("/models", key="sk-wrong-" + secrets.token_hex(8)), status=401)
    return "401"


def hide_path(endpoint: Endpoint) -> str:
    _expect(endpoint.hidden(), status=404)
    return f"{HIDDEN_PATH} is 404"


def _expect(answer: Answer, *, status: int) -> Answer:
    if answer.status != status:
        text = _field(answer, "error", {})
        reason = text.get("message", "") if isinstance(text, dict) else str(text)
        raise _CheckFailedError(f"HTTP {answer.status} instead of {status}" + (f": {reason}" if reason else ""))
    return answer


def _field(answer: Answer, name: str, default: Any) -> Any:
    value = answer.body.get(name, default) if isinstance(answer.body, dict) else default
    return default if value is None else value
