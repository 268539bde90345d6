"""The front's configuration in a real nginx, before a server that says what reached it."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from components.paths import FORWARDED_PATHS
from tests.components.local.real_nginx import STARTS_WITHIN_S, free_port, nginx_before

pytestmark = pytest.mark.e2e

LARGE = 3 * 2**20  # above nginx's own limit of 1 MiB


class Upstream(BaseHTTPRequestHandler):
    """Answers with what it was asked. A stream of two events waits for ``go`` between them."""

    protocol_version = "HTTP/1.1"
    go = threading.Event()

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if body == b"stream":
            self._stream()
        else:
            self._answer(body)

    def _answer(self, body: bytes) -> None:
        seen = {"path": self.path, "key": self.headers.get("Authorization"), "bytes": len(body)}
        text = json.dumps(seen).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _stream(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(b"data: 1\n\n")
        self.wfile.flush()
        assert self.go.wait(STARTS_WITHIN_S)
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@pytest.fixture(scope="module")
def upstream() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def front(upstream: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    yield from nginx_before(upstream, folder=tmp_path_factory.mktemp("nginx"))


@pytest.fixture
def lonely_front(tmp_path: Path) -> Iterator[int]:
    yield from nginx_before(free_port(), folder=tmp_path)


def ask(port: int, path: str, *, method: str = "GET", body: bytes | None = None) -> tuple[int, Any]:
    """Status and document; the path goes out as it is."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=STARTS_WITHIN_S)
    try:
        connection.request(method, path, body=body, headers={"Authorization": "Bearer sk-1"})
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


@pytest.mark.parametrize("path", FORWARDED_PATHS)
def test_a_path_of_the_list_reaches_vllm_with_its_query_and_key(front: int, path: str) -> None:
    assert ask(front, f"{path}?a=1&b=%2F") == (200, {"path": f"{path}?a=1&b=%2F", "key": "Bearer sk-1", "bytes": 0})


@pytest.mark.parametrize(
    "path",
    ["/", "/metrics", "/health", "/v1/models/", "/v1", "/v1/load_lora_adapter", "/V1/models", "/scale_elastic_ep"],
)
def test_any_other_is_a_404_that_openai_clients_understand(front: int, path: str) -> None:
    status, document = ask(front, path)
    assert (status, document["error"]["code"]) == (404, "not_found")


@pytest.mark.parametrize("path", ["/metrics/../v1/models", "/metrics/%2e%2e/v1/models", "//v1/models", "/v1/./models"])
def test_a_path_that_only_ends_at_one_of_the_list_reaches_no_other(front: int, path: str) -> None:
    """vLLM would take the first for /metrics, which asks for no key."""
    status, document = ask(front, path)
    assert status == 404 or document["path"] == "/v1/models"


def test_a_body_may_be_large(front: int) -> None:
    status, document = ask(front, "/v1/audio/transcriptions", method="POST", body=b"x" * LARGE)
    assert (status, document["bytes"]) == (200, LARGE)


def test_the_first_token_leaves_before_the_second_one_is_there(front: int) -> None:
    Upstream.go.clear()
    connection = http.client.HTTPConnection("127.0.0.1", front, timeout=STARTS_WITHIN_S)
    connection.request("POST", "/v1/chat/completions", body=b"stream")
    response = connection.getresponse()
    assert response.readline() == b"data: 1\n"
    Upstream.go.set()
    assert response.read() == b"\ndata: [DONE]\n\n"
    connection.close()


def test_while_vllm_is_away_clients_get_an_error_that_they_retry(lonely_front: int) -> None:
    status, document = ask(lonely_front, "/v1/models")
    assert (status, document["error"]["code"]) == (503, "unavailable")
