"""A dockerd of our own: images in the cache folder, no bridge, no firewall rules, ended by its process id."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Self

from rehearsal.host.errors import HostRehearsalError
from rehearsal.host.paths import cache_folder

START_TIMEOUT_S = 180.0
STOP_TIMEOUT_S = 180.0  # above the 15 s that dockerd gives its containers
LOCK_TIMEOUT_S = 900.0
# Beside the containers of one engine every other process of this machine counts as much as all of them together, and
# each of these plays a whole machine.
CONTROL_GROUP = "vllm-rehearsal"
WEIGHT = 4096  # 1024 is that of one process


@dataclass(kw_only=True)
class OwnDaemon:
    """One daemon per cache folder at a time; a second rehearsal waits for the first."""

    host: str  # value of DOCKER_HOST
    process: subprocess.Popen[bytes]
    folder: Path  # socket and log
    lock: IO[str]

    @classmethod
    def start(cls) -> Self:
        """Raises HostRehearsalError when it does not come up, or another rehearsal does not end."""
        lock = _lock(cache_folder() / "docker.lock")
        folder = Path(tempfile.mkdtemp(prefix="vllm-docker-"))
        try:
            _end_left_behind(_pidfile())
            _weigh()
            host = f"unix://{folder}/docker.sock"
            with (folder / "log").open("wb") as log:
                process = subprocess.Popen(_arguments(host), stdout=log, stderr=log, start_new_session=True)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            lock.close()
            raise
        daemon = cls(host=host, process=process, folder=folder, lock=lock)
        try:
            daemon._await_answer()
        except BaseException:
            daemon.stop()
            raise
        return daemon

    def _await_answer(self) -> None:
        if not _comes_true(lambda: self.process.poll() is not None or answers(self.host), timeout_s=START_TIMEOUT_S):
            raise HostRehearsalError(f"dockerd does not answer: {self._last_words()}")
        if self.process.poll() is not None:
            raise HostRehearsalError(f"dockerd did not start: {self._last_words()}")

    def _last_words(self) -> str:
        return " | ".join((self.folder / "log").read_text(errors="replace").splitlines()[-3:])

    def stop(self) -> None:
        """End the daemon (it stops its containers and its containerd), then let the next run have the lock."""
        self.process.terminate()
        try:
            self.process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        _clear_exec_root()
        shutil.rmtree(self.folder, ignore_errors=True)
        self.lock.close()


def answers(host: str) -> bool:
    """Whether an engine answers on this DOCKER_HOST."""
    asked = subprocess.run(
        ["docker", "--host", host, "version", "--format", "{{.Server.Version}}"],
        capture_output=True,
        check=False,
        timeout=30,
    )
    return asked.returncode == 0


def _pidfile() -> Path:
    return cache_folder() / "docker.pid"


def _exec_root() -> Path:
    """The same for each daemon of one cache folder, so that it finds the containers of one that was killed."""
    return Path("/run") / f"vllm-docker-{hashlib.sha256(bytes(cache_folder())).hexdigest()[:8]}"


def _arguments(host: str) -> Sequence[str]:
    return [
        "dockerd",
        f"--host={host}",
        f"--data-root={cache_folder() / 'docker'}",
        f"--pidfile={_pidfile()}",
        f"--exec-root={_exec_root()}",
        f"--cgroup-parent=/{CONTROL_GROUP}",
        "--bridge=none",
        "--iptables=false",
        "--ip6tables=false",
    ]


def _weigh() -> None:
    """Only where the kernel's groups are version 1; elsewhere boots are slower beside other work, and that is all."""
    group = Path("/sys/fs/cgroup/cpu") / CONTROL_GROUP
    with contextlib.suppress(OSError):
        group.mkdir(exist_ok=True)
        (group / "cpu.shares").write_text(f"{WEIGHT}\n")


def _lock(path: Path) -> IO[str]:
    """Two daemons cannot share one data folder: wait for a rehearsal that has it."""
    handle = path.open("a+")
    try:
        if _comes_true(lambda: _is_locked_by(handle), timeout_s=LOCK_TIMEOUT_S):
            return handle
        raise HostRehearsalError(f"another rehearsal has held {path} for more than {LOCK_TIMEOUT_S:.0f} s")
    except BaseException:
        handle.close()
        raise


def _is_locked_by(handle: IO[str]) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end_left_behind(pidfile: Path) -> None:
    """End the daemon of a rehearsal that was killed; the lock says that it has no owner any more."""
    if not pidfile.exists():
        return
    pid = int(pidfile.read_text().strip() or 0)
    command = Path(f"/proc/{pid}/cmdline")

    def ended() -> bool:
        return f"--pidfile={pidfile}" not in _arguments_of(command)

    if pid > 1 and not ended():
        os.kill(pid, signal.SIGTERM)
        if not _comes_true(ended, timeout_s=STOP_TIMEOUT_S):
            raise HostRehearsalError(f"the dockerd of an earlier rehearsal, process {pid}, does not end")
    pidfile.unlink(missing_ok=True)


def _clear_exec_root() -> None:
    """After the daemon has ended: shims that it no longer awaited, and what it left mounted."""
    root = _exec_root()
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        if f"{root}/containerd/containerd.sock" in _arguments_of(command):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(command.parent.name), signal.SIGKILL)
    for mounted in (*root.glob("netns/*"), cache_folder() / "docker"):
        subprocess.run(["umount", str(mounted)], capture_output=True, check=False)
    shutil.rmtree(root, ignore_errors=True)


def _arguments_of(command: Path) -> list[str]:
    """Of a process, from its /proc file; none when it has ended."""
    try:
        return command.read_text(errors="replace").split("\0")
    except OSError:
        return []


def _comes_true(condition: Callable[[], bool], *, timeout_s: float) -> bool:
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.1)
    return True
