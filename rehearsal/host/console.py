"""The console of a rehearsed host, line by line, also over a reboot."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from threading import Thread

from rehearsal.host.engine import ContainerEngine

_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


class Console:
    """``follow`` once the container runs, and again after each start; ``on_line`` gets each line as it appears."""

    def __init__(self, *, engine: ContainerEngine, container: str, on_line: Callable[[str], None]) -> None:
        self._engine = engine
        self._container = container
        self._on_line = on_line
        self._read = 0  # lines of the engine's log, empty ones too
        self._logs: subprocess.Popen[str] | None = None
        self._reader: Thread | None = None
        self.lines: list[str] = []

    def follow(self) -> None:
        self.close()
        self._logs = subprocess.Popen(
            self._engine.command("logs", "--follow", self._container),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._reader = Thread(target=self._follow, args=(self._logs, self._read), name="console", daemon=True)
        self._reader.start()

    def close(self) -> None:
        logs, reader = self._logs, self._reader
        if logs is None or reader is None:
            return
        logs.terminate()
        logs.wait()
        reader.join()
        if logs.stdout is not None:
            logs.stdout.close()
        self._logs = self._reader = None

    def _follow(self, logs: subprocess.Popen[str], known: int) -> None:
        """The engine tells its log from the first line each time."""
        for number, raw in enumerate(logs.stdout or ()):
            if number < known:
                continue
            self._read += 1
            if line := _ANSI.sub("", raw).strip():
                self.lines.append(line)
                self._on_line(line)
