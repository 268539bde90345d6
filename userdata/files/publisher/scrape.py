"""What vLLM answers on its own port."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

LIMIT_BYTES = 8 * 2**20  # far above what vLLM says; a bound for what is kept in memory


@dataclass(kw_only=True)
class Vllm:
    """``fresh_s``: an answer so young serves again, so that many who ask cost vLLM no more than one."""

    port: int
    host: str = "127.0.0.1"
    timeout_s: float = 8  # Prometheus gives up after 10 by default
    fresh_s: float = 1
    clock: Callable[[], float] = time.monotonic
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _text: str | None = None
    _asked_s: float = float("-inf")

    def metrics(self) -> str | None:
        """None while vLLM does not answer."""
        with self._lock:
            if self.clock() - self._asked_s >= self.fresh_s:
                self._text = self._get("/metrics")
                self._asked_s = self.clock()
            return self._text

    def version(self) -> str | None:
        try:
            found = json.loads(self._get("/version") or "")
        except ValueError:
            return None
        return str(found["version"]) if isinstance(found, dict) and "version" in found else None

    def _get(self, path: str) -> str | None:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=self.timeout_s)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            body = response.read(LIMIT_BYTES)
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()
        return body.decode("utf-8", errors="replace") if response.status == http.HTTPStatus.OK else None
