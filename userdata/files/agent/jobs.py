"""Scripts that run beside the loop, so that no call to AWS keeps it from seeing the next notice."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(kw_only=True)
class Jobs:
    """At most one job of each name. Their output goes where the agent's own goes."""

    environment: Mapping[str, str]
    _running: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    _unnamed: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, name: str, *command: str) -> None:
        """Nothing when a job of that name runs."""
        if name not in self._running:
            self._running[name] = self._popen(command)

    def fire(self, *command: str) -> None:
        """One whose end nobody waits for."""
        self._unnamed = [job for job in self._unnamed if job.poll() is None]
        self._unnamed.append(self._popen(command))

    def runs(self, name: str) -> bool:
        return name in self._running

    def result(self, name: str) -> int | None:
        """The exit status of a job that has ended, once; None while it runs or where there is none."""
        job = self._running.get(name)
        status = None if job is None else job.poll()
        if status is not None:
            del self._running[name]
        return status

    def wait(self, *, timeout_s: float) -> None:
        """Until every job has ended; TimeoutExpired when one has not."""
        for job in (*self._running.values(), *self._unnamed):
            job.wait(timeout=timeout_s)

    def _popen(self, command: tuple[str, ...]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(command, env=dict(self.environment), stdin=subprocess.DEVNULL)
