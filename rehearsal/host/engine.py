"""A container engine for the rehearsal: the one that runs already, or one of our own that ends with us."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from rehearsal.host.errors import HostRehearsalError
from rehearsal.host.paths import cache_folder

START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 30.0
LOCK_TIMEOUT_S = 900.0


@dataclass(kw_only=True)
class ContainerEngine:
    """``docker`` bound to one engine; a context manager. Raises HostRehearsalError where none can be had.

    An engine of our own keeps its images in the cache folder between runs, has no bridge and no firewall rules (the
    rehearsed host is run without a network), and is ended by its process id.
    """

    host: str  # value of DOCKER_HOST
    _daemon: _OwnDaemon | None = field(default=None, repr=False)

    @classmethod
    def open(cls) -> Self:
        """The running engine that DOCKER_HOST or the default socket names, else a new one (needs root and dockerd)."""
        running = running_engine()
        if running is not None:
            return cls(host=running)
        if reason := missing_for_own_engine():
            raise HostRehearsalError(reason)
        daemon = _OwnDaemon.start()
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
    return host if _answers(host) else None


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


def _answers(host: str) -> bool:
    asked = subprocess.run(
        ["docker", "--host", host, "version", "--format", "{{.Server.Version}}"],
        capture_output=True,
        check=False,
        timeout=30,
    )
    return asked.returncode == 0


@dataclass(kw_only=True)
class _OwnDaemon:
    host: str
    process: subprocess.Popen[bytes]
    folder: Path  # socket, exec root, log
    lock: IO[str]

    @classmethod
    def start(cls) -> Self:
        lock = _lock(cache_folder() / "docker.lock")
        folder = Path(tempfile.mkdtemp(prefix="vllm-docker-"))
        try:
            _end_left_behind(cache_folder() / "docker.pid")
            host = f"unix://{folder}/docker.sock"
            with (folder / "log").open("wb") as log:
                process = subprocess.Popen(
                    _arguments(host=host, folder=folder), stdout=log, stderr=log, start_new_session=True
                )
            daemon = cls(host=host, process=process, folder=folder, lock=lock)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            lock.close()
            raise
        try:
            daemon._await_answer()
        except BaseException:
            daemon.stop()
            raise
        return daemon

    def _await_answer(self) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not _answers(self.host):
            if self.process.poll() is not None or time.monotonic() > deadline:
                tail = (self.folder / "log").read_text(errors="replace").splitlines()[-3:]
                raise HostRehearsalError("dockerd did not start: " + " | ".join(tail))
            time.sleep(0.1)

    def stop(self) -> None:
        """End the daemon (it stops its containers and its containerd), then let the next run have the lock."""
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.lock.close()


def _arguments(*, host: str, folder: Path) -> Sequence[str]:
    return [
        "dockerd",
        f"--host={host}",
        f"--data-root={cache_folder() / 'docker'}",
        f"--pidfile={cache_folder() / 'docker.pid'}",
        f"--exec-root={folder / 'exec'}",
        "--bridge=none",
        "--iptables=false",
        "--ip6tables=false",
    ]


def _lock(path: Path) -> IO[str]:
    """Two daemons cannot share one data folder: wait for a rehearsal that has it."""
    handle = path.open("a+")
    deadline = time.monotonic() + LOCK_TIMEOUT_S
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                handle.close()
                raise HostRehearsalError(f"another rehearsal has held {path} for too long") from None
            time.sleep(0.5)
        else:
            return handle


def _end_left_behind(pidfile: Path) -> None:
    """End the daemon of a rehearsal that was killed; the lock says that it has no owner any more."""
    if not pidfile.exists():
        return
    pid = int(pidfile.read_text().strip() or 0)
    command = Path(f"/proc/{pid}/cmdline")
    if pid > 1 and command.exists() and f"--pidfile={pidfile}".encode() in command.read_bytes():
        os.kill(pid, 15)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        while command.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
    pidfile.unlink(missing_ok=True)
