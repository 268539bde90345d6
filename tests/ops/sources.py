"""A model hub and an image registry on this machine, as far as ``ops pin`` asks them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import unquote, urlsplit

COMMIT = "0e9e39f249a16976918f6564b8830bc894c89659"
OLD_COMMIT = "a" * 40
DIGEST = "sha256:" + "0123456789abcdef" * 4
TOKEN = "anonymous-token"


@dataclass
class Sources:
    """``revisions``: (model, branch) -> commit; ``images``: (name, tag) -> digest; ``answers``: by path, first."""

    revisions: dict[tuple[str, str], str] = field(default_factory=dict)
    images: dict[tuple[str, str], str] = field(default_factory=dict)
    answers: dict[str, tuple[int, Mapping[str, str], Any]] = field(default_factory=dict)
    wants_token: bool = True
    asked: list[tuple[str, str, str | None]] = field(default_factory=list)
    address: str = ""

    def answer(self, method: str, path: str, *, authorization: str | None) -> tuple[int, Mapping[str, str], Any]:
        self.asked.append((method, path, authorization))
        route = urlsplit(path)
        if route.path in self.answers:
            return self.answers[route.path]
        parts = route.path.strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            return self._model("/".join(parts[2:-2]), unquote(parts[-1]))
        if parts[0] == "token":
            return 200, {}, {"token": TOKEN}
        if parts[0] == "v2":
            return self._image("/".join(parts[1:-2]), parts[-1], authorization=authorization)
        return 404, {}, None

    def _model(self, model: str, revision: str) -> tuple[int, Mapping[str, str], Any]:
        if not any(known == model for known, _ in self.revisions):
            return 401, {"X-Error-Code": "RepoNotFound"}, {"error": "Repository not found"}
        commit = self.revisions.get((model, revision))
        if commit is None:
            return 404, {"X-Error-Code": "RevisionNotFound"}, {"error": f"Invalid rev id: {revision}"}
        return 200, {}, {"id": model, "sha": commit, "gated": "manual"}

    def _image(self, name: str, tag: str, *, authorization: str | None) -> tuple[int, Mapping[str, str], Any]:
        if self.wants_token and authorization != f"Bearer {TOKEN}":
            realm = f'Bearer realm="http://{self.address}/token",service="stand-in",scope="repository:{name}:pull"'
            return 401, {"WWW-Authenticate": realm}, {"errors": [{"code": "UNAUTHORIZED"}]}
        digest = self.images.get((name, tag))
        return (200, {"Docker-Content-Digest": digest}, None) if digest else (404, {}, None)


@contextmanager
def serving(sources: Sources) -> Iterator[Sources]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, headers, body = sources.answer(
                self.command, self.path, authorization=self.headers.get("Authorization")
            )
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(json.dumps(body).encode())

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on stderr."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        sources.address = f"127.0.0.1:{server.server_port}"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield sources
        finally:
            server.shutdown()
            thread.join()
