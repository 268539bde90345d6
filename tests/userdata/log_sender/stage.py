"""A log sender on a folder that looks like a host: journalctl is a fake that follows a file of entries, and what AWS
would get is recorded. Time passes as the test says."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from userdata.files.aws_call.errors import CallError
from userdata.files.log_sender.follow import Follow
from userdata.files.log_sender.group import Group
from userdata.files.log_sender.redact import KnownSecrets
from userdata.files.log_sender.ship import Sender

INSTANCE = "i-0123456789abcdef0"
START_MS = 1_780_000_000_000
READ_S = 30  # until something comes: a busy machine
# As journalctl: from the entry at the cursor on, or from the next one when that is gone; an error for what is none.
JOURNALCTL = r"""#!/bin/bash
printf '%s\n' "$*" >>"{root}/journalctl-calls"
first=1
while (($#)); do
  if [[ $1 == --cursor ]]; then
    [[ $2 == s=* ]] || {{ echo "Failed to seek to cursor: Invalid argument" >&2; exit 1; }}
    found=$(grep --fixed-strings --line-number "\"$2\"" "{root}/journal" | cut -d : -f 1)
    first=${{found:-1}}
  fi
  shift
done
exec tail --lines "+$first" --follow "{root}/journal"
"""


def entry(number: int, message: Any, *, unit: str = "vllm-boot.service", at_ms: int = 0, **fields: Any) -> str:
    """One line as ``journalctl --output json`` prints it."""
    at_us = (at_ms or START_MS + number) * 1000
    cursor = f"s=aa;i={number:x};b=bb;m={number:x};t={at_us:x};x={number:x}"
    named = {"__CURSOR": cursor, "__REALTIME_TIMESTAMP": str(at_us), "MESSAGE": message}
    return json.dumps({**named, **({"_SYSTEMD_UNIT": unit} if unit else {}), **fields})


@dataclass(kw_only=True)
class Recorded:
    """Takes what is put; ``failures`` are raised first, one for each call, by action."""

    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    failures: list[tuple[str, CallError]] = field(default_factory=list)
    answer: dict[str, Any] = field(default_factory=dict)

    def call(self, action: str, arguments: Mapping[str, Any], *, again: bool) -> dict[str, Any]:
        assert again
        if self.failures and self.failures[0][0] == action:
            raise self.failures.pop(0)[1]
        self.calls.append((action, dict(arguments)))
        return self.answer if action == "PutLogEvents" else {}

    def texts(self, stream: str) -> list[str]:
        """What is in a stream of the host, in the order in which it came."""
        name = f"{INSTANCE}/{stream}"
        puts = [arguments for action, arguments in self.calls if action == "PutLogEvents"]
        return [event["message"] for put in puts if put["logStreamName"] == name for event in put["logEvents"]]


@dataclass(kw_only=True)
class Stage:
    root: Path
    api: Recorded = field(default_factory=Recorded)
    sender: Sender = field(init=False)
    now_s: float = 1000
    pauses: list[float] = field(default_factory=list)
    stops_after_pauses: int | None = None

    def __post_init__(self) -> None:
        self.sender = self.make()

    def write(self, *lines: str) -> None:
        with (self.root / "journal").open("a", encoding="utf-8") as journal:
            journal.writelines(f"{line}\n" for line in lines)

    def pass_s(self, seconds: float) -> None:
        self.now_s += seconds
        self.sender.step(0)

    def take(self, count: int) -> None:
        """Reads until so many entries have come."""
        while count > 0:
            count -= self.sender.step(READ_S)
        assert count == 0

    def restart(self) -> None:
        """The process ends without a word, and systemd starts another one."""
        self.sender.follow.close()
        self.sender = self.make()
        self.sender.start()

    def make(self) -> Sender:
        return Sender(
            follow=Follow(environment={**os.environ, "PATH": f"{self.root}/bin:{os.environ['PATH']}"}),
            group=Group(api=self.api, name="hosts", instance_id=INSTANCE),
            secrets=KnownSecrets(folder=self.root / "secrets"),
            cursor_file=self.root / "cursor",
            clock=lambda: self.now_s,
            pause=self.wait,
            stopping=lambda: self.stops_after_pauses is not None and len(self.pauses) >= self.stops_after_pauses,
        )

    def wait(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now_s += seconds

    def opened_at(self) -> list[str]:
        """Where journalctl was told to begin, each time."""
        calls = (self.root / "journalctl-calls").read_text().splitlines()
        return [call.split("--output-fields=")[1].split(" ", 1)[1].split(" _SYSTEMD_UNIT=")[0] for call in calls]


def make_stage(root: Path) -> Stage:
    (root / "bin").mkdir()
    (root / "secrets").mkdir()
    (root / "journal").touch()
    program = root / "bin" / "journalctl"
    program.write_text(JOURNALCTL.format(root=root))
    program.chmod(0o755)
    return Stage(root=root)
