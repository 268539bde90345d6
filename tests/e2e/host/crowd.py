"""Many clients at once, each with one streamed request. They run in the host: what they get does not pass through this
process, which plays AWS meanwhile."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from types import TracebackType
from typing import Self

from rehearsal.host.boot import BootedHost

PROGRAM = Path(__file__).with_name("clients.py")
IN_HOST = "/tmp/clients.py"


@dataclass(frozen=True, kw_only=True)
class Answer:
    """``status`` 0: nobody answered. ``tokens`` by the server's own count; ``said``: the end of what came before the
    end; ``ended_at`` of the monotonic clock."""

    status: int
    complete: bool
    tokens: int
    said: str
    ended_at: float


class Crowd:
    """A context manager. ``start`` sends requests of exactly ``tokens`` tokens, so many at once."""

    def __init__(self, host: BootedHost, *, key: str, model: str, tokens: int) -> None:
        self._host = host
        self._key = key
        self._command = ("python3", IN_HOST, model, str(tokens))
        self.started = 0
        self.accepted = 0  # running, or in the server's queue
        self.answers: list[Answer] = []

    def __enter__(self) -> Self:
        self._host.write(IN_HOST, PROGRAM.read_text())
        self._process = self._host.process(*self._command)
        self._reader = Thread(target=self._read, args=(self._process,), name="crowd", daemon=True)
        self._reader.start()
        self._send(self._key)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()

    def start(self, count: int) -> None:
        self._send(str(count))
        self.started += count

    @property
    def in_flight(self) -> int:
        return self.accepted - sum(answer.status == 200 for answer in self.answers)

    @property
    def is_known(self) -> bool:
        """Whether the server has accepted or refused all."""
        refused = sum(answer.status != 200 for answer in self.answers)
        return self.accepted + refused >= self.started

    @property
    def is_over(self) -> bool:
        return len(self.answers) >= self.started

    def _send(self, line: str) -> None:
        if self._process.stdin is not None:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            event = json.loads(line)
            if event.pop("event") == "accepted":
                self.accepted += 1
            else:
                self.answers.append(Answer(**event))
