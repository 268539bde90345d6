"""`python -m ops` verbs run on a rehearsed stack, as a person would run them: in the stack's folder, by the command
line, with the environment that points at the emulated AWS."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Thread, Timer
from typing import IO

_END_S = 10.0


class VerbError(RuntimeError):
    """A verb ended with another status than 0; the text has its last words."""


@dataclass(frozen=True, kw_only=True)
class Verbs:
    """``root`` is the repository, ``folder`` the stack's work directory, ``say`` gets what verbs print on stderr."""

    root: Path
    folder: Path
    environment: Mapping[str, str]
    say: Callable[[str], None]

    def run(self, *arguments: str, stdin: str = "", timeout_s: float = 600.0) -> str:
        """The verb's stdout. VerbError when it fails; it is ended after ``timeout_s``, which is a failure."""
        words: list[str] = []
        self.say(f"$ python -m ops {' '.join(arguments)}")
        with self._started(*arguments) as process, _ended_after(process, seconds=timeout_s):
            if process.stdin is None or process.stdout is None or process.stderr is None:
                raise VerbError("the verb's streams are not pipes")
            relay = Thread(target=self._relay, args=(process.stderr, words), daemon=True)
            relay.start()
            process.stdin.write(stdin)
            process.stdin.close()
            output = process.stdout.read()
            relay.join()
            status = process.wait()
        if status != 0:
            last = " | ".join([*words, *output.splitlines()][-5:])
            raise VerbError(f"ops {' '.join(arguments)} ended with {status}: {last}")
        return output

    def _relay(self, stream: IO[str], words: list[str]) -> None:
        for line in stream:
            words.append(line.rstrip())
            self.say(line.rstrip())

    @contextlib.contextmanager
    def _started(self, *arguments: str) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            [sys.executable, "-m", "ops", *arguments],
            cwd=self.folder,
            env={**self.environment, "PYTHONPATH": str(self.root)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.terminate()
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(timeout=_END_S)
                    process.kill()


@contextlib.contextmanager
def _ended_after(process: subprocess.Popen[str], *, seconds: float) -> Iterator[None]:
    timer = Timer(seconds, process.terminate)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
