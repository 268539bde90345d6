"""A container engine for the rehearsal: the one that runs already, or one of our own that ends with us."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, Self

from rehearsal.host.daemon import OwnDaemon, answers
from rehearsal.host.errors import HostRehearsalError


@dataclass(kw_only=True)
class ContainerEngine:
    """``docker`` bound to one engine; a context manager. Raises HostRehearsalError where none can be had.

    An engine of our own keeps its images in the cache folder between runs, has no bridge and no firewall rules (the
    rehearsed host is run without a network), and is ended by its process id.
    """

    host: str  # value of DOCKER_HOST
    _daemon: OwnDaemon | None = field(default=None, repr=False)

    @classmethod
    def open(cls) -> Self:
        """The running engine that DOCKER_HOST or the default socket names, else a new one (needs root and dockerd)."""
        running = running_engine()
        if running is not None:
            return cls(host=running)
        if reason := missing_for_own_engine():
            raise HostRehearsalError(reason)
        daemon = OwnDaemon.start()
        return cls(host=daemon.host, _daemon=daemon)

    def close(self) -> None:
        if self._daemon is not None:
            self._daemon.stop()
            self._daemon = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def command(self, *arguments: str) -> list[str]:
        return ["docker", "--host", self.host, *arguments]

    def docker(self, *arguments: str, stdin: IO[bytes] | int = subprocess.DEVNULL, check: bool = True) -> str:
        """Run one docker command; its stdout. With ``check`` a failure raises HostRehearsalError with its stderr."""
        done = subprocess.run(self.command(*arguments), stdin=stdin, capture_output=True, check=False)
        if check and done.returncode:
            raise HostRehearsalError(
                f"docker {' '.join(arguments[:2])} failed: {done.stderr.decode(errors='replace').strip()}"
            )
        return done.stdout.decode(errors="replace").strip()


def running_engine() -> str | None:
    """The DOCKER_HOST of an engine on this machine that answers. One reached by TCP has no folders of ours to mount."""
    if shutil.which("docker") is None:
        return None
    host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
    if not host.startswith("unix://"):
        return None
    return host if answers(host) else None


def missing_for_own_engine() -> str | None:
    """Why no engine of our own can be started here; None when it can."""
    if shutil.which("docker") is None:
        return "there is no docker command; on Debian: apt-get install docker.io"
    if shutil.which("dockerd") is None:
        return (
            "no container engine is running and there is no dockerd to start one; on Debian: apt-get install docker.io"
        )
    if os.geteuid() != 0:
        return "no container engine is running, and starting one needs root"
    return None
