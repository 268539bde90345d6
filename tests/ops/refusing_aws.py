"""An AWS that knows these credentials no more, in the words of whatever protocol it is asked in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

MESSAGE = "The security token included in the request is expired"
ERROR = f"<Code>ExpiredToken</Code><Message>{MESSAGE}</Message>"
QUERY = f"<ErrorResponse><Error><Type>Sender</Type>{ERROR}</Error></ErrorResponse>"
EC2 = f"<Response><Errors><Error>{ERROR}</Error></Errors></Response>"
JSON = json.dumps({"__type": "ExpiredTokenException", "message": MESSAGE})


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        body = self._words().encode()
        self.send_response(403)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_GET = do_PUT = do_HEAD = do_POST  # noqa: N815 - names of the base class

    def _words(self) -> str:
        if "json" in self.headers.get("Content-Type", ""):
            return JSON
        return EC2 if "/ec2/aws4_request" in self.headers.get("Authorization", "") else QUERY

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing on stderr."""


@contextmanager
def refusing() -> Iterator[str]:
    """Its address."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
