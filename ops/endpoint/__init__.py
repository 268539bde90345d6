"""The endpoint that a verb calls: of the stack, or of the command line, with a key that is never an argument."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from config.errors import ConfigError, Problem
from ops.command_line import positive_seconds
from ops.endpoint.hints import explain
from ops.endpoint.key import given_key, stack_key
from ops.http_call import Answer, Stream, UnreachableError, call, stream

if TYPE_CHECKING:
    from ops.outputs import Deployed

DEFAULT_TIMEOUT_S = 60.0


@dataclass(frozen=True, kw_only=True)
class Endpoint:
    """``base_url`` ends in ``/v1``; ``direct``: it is a vLLM server itself, without the load balancer in front.

    ``explain``: what to say where nothing answers. ``stack``: whose own endpoint it is; None when the address was
    given on the command line.
    """

    base_url: str
    key: str
    direct: bool
    timeout_s: float
    explain: Callable[[UnreachableError], str] = str
    stack: Deployed | None = None

    @property
    def root(self) -> str:
        return self.base_url.removesuffix("/v1")

    def get(self, path: str, *, key: str | None = None) -> Answer:
        return call(self.base_url + path, key=key or self.key, timeout_s=self.timeout_s)

    def post(self, path: str, body: Mapping[str, Any]) -> Answer:
        return call(self.base_url + path, key=self.key, timeout_s=self.timeout_s, body=body)

    def stream(self, path: str, body: Mapping[str, Any]) -> Stream:
        return stream(self.base_url + path, key=self.key, timeout_s=self.timeout_s, body=body)

    def beside(self, path: str, *, key: str | None = None) -> Answer:
        """Of the whole server, which ``path`` begins at."""
        return call(self.root + path, key=key, timeout_s=self.timeout_s)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stack", required=True, metavar="NAME", help="the stack of Pulumi.NAME.yaml")
    parser.add_argument("--base-url", metavar="URL", help="instead of the endpoint output, e.g. of ops tunnel")
    key = parser.add_mutually_exclusive_group()
    key.add_argument("--api-key-env", metavar="VARIABLE", help="take the key from this environment variable")
    key.add_argument("--key-file", metavar="FILE", type=Path, help="take the key from this file")
    key.add_argument("--key-name", metavar="NAME", help="take this key of the stack (default: its oldest)")
    parser.add_argument(
        "--timeout-s", type=positive_seconds, default=DEFAULT_TIMEOUT_S, metavar="S", help="for each request"
    )


def endpoint_of(args: argparse.Namespace, *, direct: bool = False) -> Endpoint:
    """As the command line says; the stack is asked for what it does not say."""
    base_url = check_url(args.base_url) if args.base_url else None
    key = given_key(env=args.api_key_env, file=args.key_file, environment=os.environ)
    called: Deployed | None = None
    if base_url is None or key is None:
        from ops.outputs import deployed

        stack = deployed(args.stack)
        called = stack if base_url is None else None
        base_url = base_url or str(stack.output("endpoint")).rstrip("/")
        key = key or stack_key(stack, name=args.key_name)
    return Endpoint(
        base_url=base_url,
        key=key,
        direct=direct,
        timeout_s=args.timeout_s,
        explain=partial(explain, base_url=base_url, stack=called),
        stack=called,
    )


def check_url(url: str) -> str:
    """The address without a slash at its end. ConfigError unless it is http(s) and ends in /v1."""
    cleaned = url.rstrip("/")
    with suppress(ValueError):  # of a bracket without its other one
        parts = urlsplit(url)
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
