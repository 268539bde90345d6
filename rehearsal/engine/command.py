"""The Pulumi CLI as the Automation API runs it, but in an environment of our own and ended when we are."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

OnOutput = Callable[[str], Any]
_GRACE_S = 10.0  # between asking the engine to stop and ending it


class EndedError(Exception):
    """The command was ended, or asked for afterwards, because the rehearsal ends."""


class IsolatedCommand(PulumiCommand):
    """Upstream adds this process's environment to every call, and real AWS credentials with it; this one does
    not. The engine gets its own process group, so that Ctrl-C reaches it through us, once."""

    def __init__(self, *, pulumi: Path, environment: Mapping[str, str]) -> None:
        # The base constructor would run whatever `pulumi` is on this process's PATH.
        self._environment = dict(environment)
        self._running: set[subprocess.Popen[str]] = set()
        self._ending = threading.Event()
        self.command = str(pulumi)
        said = self.run(["version"], cwd=str(pulumi.parent), additional_env={}).stdout
        self.version = VersionInfo.parse(said.strip().removeprefix("v"))

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnOutput | None = None,
        on_error: OnOutput | None = None,
    ) -> CommandResult:
        """As the base class: raises CommandError when the CLI fails; EndedError after ``end``."""
        if self._ending.is_set():
            raise EndedError
        process = subprocess.Popen(
            [self.command, "--non-interactive", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**self._environment, **additional_env, "PULUMI_AUTOMATION_API": "true"},
            encoding="utf-8",
            start_new_session=True,
        )
        with process, self._noted(process), _ended(process):
            readers = [_read(process.stdout, on_output), _read(process.stderr, on_error)]
            for reader, _ in readers:
                reader.join()
            code = process.wait()
        if self._ending.is_set():
            raise EndedError
        out, err = ("\n".join(lines) for _, lines in readers)
        result = CommandResult(stdout=out, stderr=err, code=code)
        if code != 0:
            raise create_command_error(result)
        return result

    def end(self) -> None:
        """Called from another thread: what runs is ended, and nothing more is started."""
        self._ending.set()
        for process in tuple(self._running):
            _end(process)

    @contextlib.contextmanager
    def _noted(self, process: subprocess.Popen[str]) -> Iterator[None]:
        self._running.add(process)
        try:
            yield
        finally:
            self._running.discard(process)


def _read(stream: IO[str] | None, callback: OnOutput | None) -> tuple[threading.Thread, list[str]]:
    lines: list[str] = []

    def pump() -> None:
        for line in stream or ():
            lines.append(line.rstrip())
            if callback:
                callback(line.rstrip())

    thread = threading.Thread(target=pump, daemon=True)
    thread.start()
    return thread, lines


@contextlib.contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """The process is gone afterwards."""
    try:
        yield
    except BaseException:
        _end(process)
        raise


def _end(process: subprocess.Popen[str]) -> None:
    """The state is disposable, so nothing waits for pending operations: the second signal makes the engine stop its
    plugins and leave."""
    for _ in range(2):
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=_GRACE_S / 2)
    process.kill()
