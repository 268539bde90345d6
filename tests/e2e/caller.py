"""A client that asks for one streamed answer after the other until the server takes no more."""

from __future__ import annotations

import http.client
import json
import time
from dataclasses import dataclass, field
from threading import Thread
from urllib.parse import urlsplit


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How a request ended that the server had begun to answer: tokens by the server's own count, Unix time."""

    complete: bool
    tokens: int
    at: float


@dataclass(kw_only=True)
class Caller:
    """``answers`` grows while the thread runs; a request that gets no first token was refused and ends it."""

    base_url: str
    key: str
    model: str
    tokens: int
    answers: list[Answer] = field(default_factory=list)
    _thread: Thread | None = None

    def start(self) -> None:
        self._thread = Thread(target=self._run, name="caller", daemon=True)
        self._thread.start()

    def join(self, *, timeout_s: float) -> None:
        """TimeoutError when the server still answers then."""
        if self._thread is None:
            return
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise TimeoutError(f"the server still answers after {timeout_s} s")

    def _run(self) -> None:
        while (answer := self._ask()) is not None:
            self.answers.append(answer)

    def _ask(self) -> Answer | None:
        url = urlsplit(self.base_url)
        connection = http.client.HTTPConnection(str(url.hostname), url.port, timeout=300)
        try:
            connection.request(
                "POST", f"{url.path}/completions", body=json.dumps(self._body()), headers=self._headers()
            )
            response = connection.getresponse()
            first = response.readline() if response.status == 200 else b""
        except OSError:
            return None
        else:
            return self._rest(response) if first.startswith(b"data: ") else None
        finally:
            connection.close()

    def _rest(self, response: http.client.HTTPResponse) -> Answer:
        counted, last = 0, b""
        try:
            for line in response:
                last = line.strip() or last
                if b'"usage":{' in line:
                    counted = json.loads(line.removeprefix(b"data: "))["usage"]["completion_tokens"]
        except (OSError, http.client.HTTPException):
            return Answer(complete=False, tokens=counted, at=time.time())
        return Answer(complete=last == b"data: [DONE]", tokens=counted, at=time.time())

    def _headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json", "Authorization": f"Bearer {self.key}"}

    def _body(self) -> dict[str, object]:
        return {
            "model": self.model,
            "prompt": "Hello",
            "max_tokens": self.tokens,
            "ignore_eos": True,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
