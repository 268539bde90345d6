"""journalctl as a child: the journal from a cursor on, line by line."""

from __future__ import annotations

import os
import select
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field

from .streams import FIELDS, MATCHES

_CHUNK_BYTES = 65_536
_END_TIMEOUT_S = 5


def command_of(cursor: str) -> list[str]:
    """From the entry at ``cursor`` on, which is shown again; from the beginning of this boot where it is empty."""
    start = ["--cursor", cursor] if cursor else ["--boot"]
    fields = ",".join(FIELDS)
    return [
        *("journalctl", "--follow", "--no-tail", "--all", "--quiet", "--output", "json"),
        *(f"--output-fields={fields}", *start, *MATCHES),
    ]


@dataclass(kw_only=True)
class Follow:
    """Its pipe is all that is ever read ahead: what is not taken from it waits in the journal."""

    environment: Mapping[str, str]
    _child: subprocess.Popen[bytes] | None = None
    _rest: bytes = field(default=b"")

    def open(self, cursor: str) -> None:
        self.close()
        self._rest = b""
        self._child = subprocess.Popen(
            command_of(cursor), env=dict(self.environment), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE
        )

    @property
    def is_open(self) -> bool:
        return self._child is not None

    def read(self, timeout_s: float) -> list[bytes]:
        """Lines that came within the time; none when none did. It is not open any more when journalctl has ended."""
        if self._child is None or self._child.stdout is None:
            return []
        ready, _, _ = select.select([self._child.stdout], [], [], timeout_s)
        if not ready:
            return []
        chunk = os.read(self._child.stdout.fileno(), _CHUNK_BYTES)
        if not chunk:
            self.close()
            return []
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        return lines

    def close(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.terminate()
        if child.stdout is not None:
            child.stdout.close()
        try:
            child.wait(_END_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
