"""Programs of the host that tell something, and what they say."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..agent.kernel import fatal_errors

TIMEOUT_S = 20
GPU_QUERY = "index,temperature.gpu,memory.used,memory.total"


@dataclass(frozen=True, kw_only=True)
class Commands:
    """A program that is not there or hangs says nothing; why is told once."""

    environment: Mapping[str, str]
    _told: set[str] = field(default_factory=set)

    def gpus(self) -> Mapping[str, tuple[float | None, float | None]]:
        """Temperature and used part of the memory, by index; empty where nvidia-smi does not answer."""
        answer = self._output("nvidia-smi", f"--query-gpu={GPU_QUERY}", "--format=csv,noheader,nounits")
        return gpus_of(answer.splitlines())

    def restarts(self) -> int | None:
        """Since systemd was last told to start vLLM."""
        answer = self._output("systemctl", "show", "vllm.service", "--property", "NRestarts", "--value").strip()
        return int(answer) if answer.isdecimal() else None

    def new_fatal_gpu_errors(self, cursor: Path) -> int:
        """In the kernel log, since the last call of this boot."""
        answer = self._output("journalctl", "--dmesg", "--no-pager", "--output", "cat", "--cursor-file", str(cursor))
        return len(fatal_errors(answer.splitlines()))

    def _output(self, *command: str) -> str:
        try:
            done = subprocess.run(
                command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                errors="replace",
                timeout=TIMEOUT_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            self._tell(f"vllm: publisher: {command[0]}: {error}\n")
            return ""
        return done.stdout

    def _tell(self, line: str) -> None:
        if line not in self._told:
            self._told.add(line)
            sys.stderr.write(line)


def gpus_of(lines: Iterable[str]) -> dict[str, tuple[float | None, float | None]]:
    """Of nvidia-smi's lines; a value that a GPU does not have ("[N/A]") is None."""
    found = {}
    for line in lines:
        values = [value.strip() for value in line.split(",")]
        if len(values) == 4 and values[0].isdecimal():
            used, total = _number(values[2]), _number(values[3])
            ratio = used / total if used is not None and total else None
            found[values[0]] = (_number(values[1]), ratio)
    return found


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
