"""The port for Prometheus: vLLM's series as it says them now, and the host's. Nothing but GET /metrics."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Callable

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
AT_ONCE = 4
CLIENT_TIMEOUT_S = 10


class Exporter(http.server.ThreadingHTTPServer):
    """``text`` is asked for each answer, by at most four clients at once: a hung vLLM holds each of them up."""

    daemon_threads = True

    def __init__(self, address: tuple[str, int], text: Callable[[], str]) -> None:
        super().__init__(address, _Handler)
        self.text = text
        self.room = threading.BoundedSemaphore(AT_ONCE)

    def start(self, *, poll_s: float = 0.5) -> None:
        """``poll_s``: how soon ``shutdown`` is noticed."""
        threading.Thread(target=self.serve_forever, args=(poll_s,), name="exporter", daemon=True).start()


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Exporter
    timeout = CLIENT_TIMEOUT_S
    server_version = "vllm-publisher"
    sys_version = ""

    def do_GET(self) -> None:
        if self.path.split("?", 1)[0] != "/metrics":
            self._answer(404, "only /metrics is here\n")
        elif not self.server.room.acquire(blocking=False):
            self._answer(503, "too many ask at once\n")
        else:
            try:
                text = self.server.text()
            finally:
                self.server.room.release()
            self._answer(200, text)

    def _answer(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", CONTENT_TYPE)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Prometheus asks every few seconds."""
