"""A Docker engine as far as it is looked at: its API on a socket, answering from data."""

from __future__ import annotations

import json
import socketserver
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote

VERSION = {"ApiVersion": "1.50", "MinAPIVersion": "1.24", "Version": "28.2.2"}


def info(root: Path, **more: Any) -> dict[str, Any]:
    """As GET /info of Docker 28.2 answers, without what is not looked at."""
    return {
        "DockerRootDir": str(root),
        "ServerVersion": "28.2.2",
        "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
        "Driver": "overlay2",
        "DriverStatus": [["Backing Filesystem", "extfs"]],
        "Runtimes": {"io.containerd.runc.v2": {"path": "runc"}, "runc": {"path": "runc"}},
        **more,
    }


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@contextmanager
def engine_answering(answers: Mapping[str, Any]) -> Iterator[str]:
    """Its DOCKER_HOST. ``answers``: path below the API's version -> JSON, or bytes as they are; other paths are 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = unquote(self.path.partition("?")[0])
            path = path if not path.startswith("/v1.") else "/" + path.split("/", 2)[2]
            known = {"/version": VERSION, **answers}
            answer = known.get(path, {"message": f"No such thing: {path}"})
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(200 if path in known else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def address_string(self) -> str:
            return "socket"

        def log_message(self, *_args: Any) -> None:
            """Nothing: pytest shows what matters."""

    with tempfile.TemporaryDirectory(prefix="d-") as folder:  # pytest's own paths are too long for a socket
        path = Path(folder) / "docker.sock"
        with _Server(str(path), Handler) as server:
            thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
            thread.start()
            try:
                yield f"unix://{path}"
            finally:
                server.shutdown()
                thread.join()
