"""Clients that stream one answer after the other from a load balancer, and ask once: what they do not get is lost."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

PAUSE_S = 4.0  # vLLM that starts beside another that is never idle takes many minutes on two cores
TIMEOUT_S = 900.0


@dataclass(frozen=True, kw_only=True)
class Streamed:
    """One request. ``target``: whom it was sent to; ``status`` 0: nobody answered; ``tokens`` by the server's count.
    Times of the monotonic clock, ``first_at`` and ``ended_at`` infinite until then."""

    asked: int  # tokens
    began_at: float
    target: str = ""
    status: int = 0
    first_at: float = float("inf")
    ended_at: float = float("inf")
    complete: bool = False
    tokens: int = 0
    why: str = ""

    @property
    def is_lost(self) -> bool:
        return not (self.status == http.HTTPStatus.OK and self.complete and self.tokens == self.asked)

    @property
    def waited_s(self) -> float:
        """For the first token, or for the end of what never had one."""
        return min(self.first_at, self.ended_at) - self.began_at


class Load:
    """A context manager; ``clients`` are the tokens that each of them asks for, again and again."""

    def __init__(
        self, *, front: Path, key: str, model: str, clients: tuple[int, ...], target_at: Callable[[str], str]
    ) -> None:
        self._front = front
        self._key = key
        self._model = model
        self._target_at = target_at
        self._over = Event()
        self._lock = Lock()
        self._running: dict[int, Streamed] = {}
        self._ended: list[Streamed] = []
        self._threads = [Thread(target=self._stream_on, args=(tokens,), daemon=True) for tokens in clients]

    def __enter__(self) -> Self:
        for thread in list(self._threads):
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Lets what was begun end."""
        self._over.set()
        for thread in self._threads:
            thread.join()

    def burst(self, count: int, *, tokens: int) -> None:
        """So many more at once."""
        threads = [Thread(target=self._stream, args=(tokens,), daemon=True) for _ in range(count)]
        self._threads += threads
        for thread in threads:
            thread.start()

    @property
    def ended(self) -> tuple[Streamed, ...]:
        with self._lock:
            return tuple(self._ended)

    def in_flight(self, target: str, *, tokens: int = 0) -> int:
        """Answers of at least ``tokens`` that have begun to come from there."""
        with self._lock:
            return sum(each.target == target and each.asked >= tokens for each in self._running.values())

    def answered(self, target: str, *, since_s: float) -> bool:
        return any(each.target == target and each.began_at >= since_s and not each.is_lost for each in self.ended)

    def _stream_on(self, tokens: int) -> None:
        while not self._over.is_set():
            self._stream(tokens)
            self._over.wait(PAUSE_S)

    def _stream(self, tokens: int) -> None:
        request = Streamed(asked=tokens, began_at=time.monotonic())
        me = id(request)
        connection = http.client.HTTPConnection("front")
        try:
            connection.sock = socket.socket(socket.AF_UNIX)
            connection.sock.settimeout(TIMEOUT_S)
            connection.sock.connect(str(self._front))
            connection.request("POST", "/v1/completions", body=self._body(tokens), headers=self._headers())
            response = connection.getresponse()
            target = self._target_at(response.headers.get("X-Target", ""))
            request = replace(request, status=response.status, target=target)
            request = self._read(me, request, response)
        except (OSError, ValueError, http.client.HTTPException) as error:
            with self._lock:
                request = self._running.get(me, request)
            request = replace(request, why=f"{type(error).__name__}: {error}")
        finally:
            connection.close()
        with self._lock:
            self._running.pop(me, None)
            self._ended.append(replace(request, ended_at=time.monotonic()))

    def _read(self, me: int, request: Streamed, response: http.client.HTTPResponse) -> Streamed:
        last = b""
        for line in response:
            if line.startswith(b"data: "):  # and not one that only keeps the connection alive
                last = line.strip()
                request = replace(request, first_at=min(request.first_at, time.monotonic()))
            with self._lock:
                self._running[me] = request
            if b'"usage":{' in line:
                request = replace(request, tokens=json.loads(line[len(b"data: ") :])["usage"]["completion_tokens"])
            if request.status != http.HTTPStatus.OK or b'"error"' in line:
                request = replace(request, why=line[:200].decode(errors="replace"))
        return replace(request, complete=last == b"data: [DONE]")

    def _body(self, tokens: int) -> str:
        return json.dumps(
            {
                "model": self._model,
                "prompt": "Hello",
                "max_tokens": tokens,
                "ignore_eos": True,
                "stream": True,
                "stream_options": {"include_usage": True},
            }
        )

    def _headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}", "Connection": "close"}
