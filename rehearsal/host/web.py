"""A small HTTP server on a unix socket: one function from request to answer. Nothing listens on a network."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer
from threading import Thread
from urllib.parse import parse_qs, unquote, urlsplit


@dataclass(frozen=True, kw_only=True)
class Request:
    method: str
    path: str  # decoded, without the query
    query: Mapping[str, str]
    headers: Mapping[str, str]  # names in lower case
    body: bytes = b""
    target: str = ""  # path and query as they came


@dataclass(frozen=True, kw_only=True)
class Answer:
    """``body`` is text, bytes, or a file that is streamed. A Content-Length of its own (of a HEAD) is kept."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | bytes | Path = b""


Respond = Callable[[Request], Answer]


@contextmanager
def serve(*, respond: Respond, socket: Path) -> Iterator[None]:
    """Answer on ``socket`` while the block lasts."""
    server = _Server(str(socket), _handler(respond))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        socket.unlink(missing_ok=True)


def size_of(answer: Answer) -> int:
    """Bytes of the body."""
    if isinstance(answer.body, Path):
        return answer.body.stat().st_size
    return len(answer.body.encode() if isinstance(answer.body, str) else answer.body)


class _Server(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True
    block_on_close = False


def _handler(respond: Respond) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """The rehearsal reports what matters itself."""

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            url = urlsplit(self.path)
            answer = respond(
                Request(
                    method=self.command,
                    path=unquote(url.path),
                    query={name: values[-1] for name, values in parse_qs(url.query).items()},
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=body,
                    target=self.path,
                )
            )
            _send(handler=self, answer=answer)

        do_GET = do_HEAD = do_PUT = do_POST = _answer  # noqa: N815 (names that http.server looks up)

    return Handler


def _send(*, handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    body = answer.body.encode() if isinstance(answer.body, str) else answer.body
    handler.send_response(answer.status)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    if "Content-Length" not in answer.headers:
        handler.send_header("Content-Length", str(size_of(answer)))
    handler.end_headers()
    if handler.command == "HEAD":
        return
    if isinstance(body, Path):
        with body.open("rb") as file:
            shutil.copyfileobj(file, handler.wfile, 1 << 20)
    else:
        handler.wfile.write(body)
