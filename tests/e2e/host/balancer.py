"""Clients of two hosts: each request goes to a target that the load balancer has as healthy at that moment."""

from __future__ import annotations

import itertools
import time
from collections.abc import Mapping
from dataclasses import dataclass
from threading import Event, Lock, Thread
from types import TracebackType
from typing import Self

from rehearsal.host.boot import BootedHost
from tests.e2e.stage import Stage

TOKENS = 8
PAUSE_S = 2.0  # vLLM that starts beside another that is never idle takes many minutes on two cores
TIMEOUT_S = 400.0


@dataclass(frozen=True, kw_only=True)
class Sent:
    """``status`` 0: nobody answered, ``host`` empty: there was nobody to ask. Times of the monotonic clock."""

    host: str
    status: int
    began_at: float
    ended_at: float
    why: str = ""


class Balancer:
    """A context manager with so many ``clients``, each of which asks again soon after its answer."""

    def __init__(self, *, stage: Stage, hosts: Mapping[str, BootedHost], key: str, model: str, clients: int) -> None:
        self._stage = stage
        self._hosts = hosts
        self._key = key
        self._model = model
        self._over = Event()
        self._turns = itertools.count()
        self._looking = Lock()
        self._threads = [Thread(target=self._ask_all_the_time, daemon=True) for _ in range(clients)]
        self.sent: list[Sent] = []
        self.healthy: list[frozenset[str]] = []  # as it changed

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask_all_the_time(self) -> None:
        while not self._over.is_set():
            self.sent.append(self._ask())
            self._over.wait(PAUSE_S)

    def _look(self) -> frozenset[str]:
        with self._looking:
            healthy = frozenset(id_ for id_ in self._hosts if self._stage.target_state(id_) == "healthy")
            if not self.healthy or self.healthy[-1] != healthy:
                self.healthy.append(healthy)
            return healthy

    def _ask(self) -> Sent:
        healthy = self._look()
        began_at = time.monotonic()
        if not healthy:
            return Sent(host="", status=503, began_at=began_at, ended_at=began_at, why="no healthy target")
        id_ = sorted(healthy)[next(self._turns) % len(healthy)]
        status, why = 0, ""
        try:
            status, body = self._hosts[id_].completion(
                self._key, model=self._model, max_tokens=TOKENS, timeout_s=TIMEOUT_S
            )
            why = "" if status == 200 else str(body)[:200]
        except (OSError, ValueError) as error:
            why = f"{type(error).__name__}: {error}"
        return Sent(host=id_, status=status, began_at=began_at, ended_at=time.monotonic(), why=why)
