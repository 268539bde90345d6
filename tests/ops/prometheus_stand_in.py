"""Prometheus and Alertmanager as ``ops`` asks them; their answers are those of versions 2.42 and 0.25."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SINCE = "2026-11-29T15:45:07.728395597Z"
REQUESTS = """\
# HELP alertmanager_notification_requests_failed_total The total number of failed notification requests.
# TYPE alertmanager_notification_requests_failed_total counter
alertmanager_notification_requests_failed_total{{integration="email"}} 0
alertmanager_notification_requests_failed_total{{integration="webhook"}} {failed}
# HELP alertmanager_notification_requests_total The total number of attempted notification requests.
# TYPE alertmanager_notification_requests_total counter
alertmanager_notification_requests_total{{integration="email"}} 0
alertmanager_notification_requests_total{{integration="webhook"}} {sent}
"""


def rule(name: str, state: str, **more: Any) -> dict[str, Any]:
    labels = {"severity": "warning", "stack": "local"}
    alert = {
        "labels": {"alertname": name, **labels},
        "annotations": {"summary": "Requests wait"},
        "state": state,
        "activeAt": SINCE,
        "value": "3e+00",
    }
    return {
        "state": state,
        "name": name,
        "query": "vector(3) > 2",
        "duration": 1,
        "labels": labels,
        "annotations": {"summary": "Requests wait"},
        "alerts": [] if state == "inactive" else [alert],
        "health": "ok",
        "type": "alerting",
        **more,
    }


@dataclass(kw_only=True)
class StandIn:
    """``delivers``: requests for an alert succeed; ``tells``: there are any. ``posted``: alerts, as they came."""

    rules: list[dict[str, Any]] = field(default_factory=list)
    delivers: bool = True
    tells: bool = True
    posted: list[Mapping[str, Any]] = field(default_factory=list)
    url: str = ""

    def get(self, path: str) -> str | None:
        if path.startswith("/api/v1/rules"):
            groups = [{"name": "vllm", "rules": self.rules}]
            return json.dumps({"status": "success", "data": {"groups": groups}})
        if path == "/metrics":
            sent = len(self.posted) if self.tells else 0
            return REQUESTS.format(sent=sent, failed=0 if self.delivers else sent)
        return None


@contextmanager
def standing(stand_in: StandIn) -> Iterator[StandIn]:
    """Both on one port, as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(stand_in.get(self.path))

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/api/v2/alerts":
                stand_in.posted.extend(body)
            self._answer("" if self.path == "/api/v2/alerts" else None)

        def _answer(self, text: str | None) -> None:
            body = (text or "").encode()
            self.send_response(404 if text is None else 200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            """Nothing: pytest shows what matters."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    stand_in.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield stand_in
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
