"""Which lines of the host scripts a boot has run, as ``host_root/opt/rehearsal/trace`` wrote them down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

FOLDER = "/opt/vllm/"


@dataclass(frozen=True)
class ScriptTrace:
    """Line numbers that ran, by file name below /opt/vllm."""

    lines: Mapping[str, frozenset[int]]

    @property
    def files(self) -> frozenset[str]:
        return frozenset(self.lines)


def read_trace(text: str) -> ScriptTrace:
    found: dict[str, set[int]] = {}
    for entry in text.splitlines():
        path, _, line = entry.rpartition(":")
        if path.startswith(FOLDER) and line.isdecimal():
            found.setdefault(path.removeprefix(FOLDER), set()).add(int(line))
    return ScriptTrace({name: frozenset(lines) for name, lines in found.items()})
