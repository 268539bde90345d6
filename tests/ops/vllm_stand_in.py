"""A server that behaves like vLLM behind the load balancer, over http or https, or in any other way."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from tests.ops.certificates import server_side

KEY = "sk-good-key-0123456789"
Respond = Callable[[str, str | None, Any], tuple[int, Any]]


CONTEXT = 64


@dataclass(frozen=True)
class Events:
    """A reply of server-sent events."""

    data: tuple[Any, ...]


def vllm_behind_the_balancer(path: str, key: str | None, body: Any) -> tuple[int, Any]:
    """Status and JSON, for a path, the bearer key and the request's JSON."""
    if path not in ("/v1/models", "/v1/chat/completions", "/v1/completions"):
        return 404, None
    if key != KEY:
        return 401, {"error": {"message": "Unauthorized"}}
    if path == "/v1/models":
        return 200, {"data": [{"id": "tiny", "max_model_len": CONTEXT}]}
    if body["model"] != "tiny":
        return 404, {"error": {"message": "The model does not exist."}}
    if len(body.get("prompt", "")) > CONTEXT:
        return 400, {"error": {"message": "The context is 64 tokens."}}
    if "tools" in body:
        return 400, {"error": {"message": '"auto" tool choice requires --enable-auto-tool-choice'}}
    usage = {"completion_tokens": body["max_tokens"]}
    if body.get("stream"):
        delta: dict[str, Any] = {"delta": {"content": "a"}} if "messages" in body else {"text": "a"}
        return 200, Events(({"choices": [delta]}, {"choices": [], "usage": usage}, "[DONE]"))
    message: dict[str, Any] = {"message": {"content": ""}} if "messages" in body else {"text": ""}
    return 200, {"choices": [message], "usage": usage}


def instead(replies: Mapping[str, tuple[int, Any]]) -> Respond:
    """The same server with other replies at some paths."""
    return lambda path, key, body: replies.get(path) or vllm_behind_the_balancer(path, key, body)


@contextmanager
def serving(respond: Respond, *, certificate: Path | None = None) -> Iterator[str]:
    """The base URL, with https where there is a certificate."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            header = self.headers.get("Authorization")
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, reply = respond(
                self.path, header.removeprefix("Bearer ") if header else None, json.loads(raw) if raw else None
            )
            self.send_response(status)
            if status == 302:
                self.send_header("Location", str(reply))
            self.end_headers()
            if isinstance(reply, Events):
                for event in reply.data:
                    self.wfile.write(f"data: {event if isinstance(event, str) else json.dumps(event)}\n\n".encode())
            else:
                self.wfile.write(b"" if reply is None else json.dumps(reply).encode())

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on stderr."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A client that does not like the certificate hangs up."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        if certificate is not None:
            server.socket = server_side(certificate).wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()
            thread.join()
