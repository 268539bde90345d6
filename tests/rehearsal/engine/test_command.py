"""The Pulumi CLI as a child process, with a script in its place."""

from __future__ import annotations

import os
from pathlib import Path
from threading import Event, Thread

import pytest

from rehearsal.engine.command import EndedError, IsolatedCommand

# Answers to `version`; anything else says that it runs, and goes on until it is interrupted.
SCRIPT = """\
#!/bin/sh
case "$2" in version) echo v3.100.0; exit 0;; esac
trap 'echo interrupted; exit 255' INT
echo running
while :; do sleep 0.05; done
"""


@pytest.fixture
def command(tmp_path: Path) -> IsolatedCommand:
    pulumi = tmp_path / "pulumi"
    pulumi.write_text(SCRIPT)
    pulumi.chmod(0o755)
    return IsolatedCommand(pulumi=pulumi, environment={"PATH": os.environ["PATH"]})


def test_what_runs_in_another_thread_is_ended_and_nothing_more_starts(command: IsolatedCommand, tmp_path: Path) -> None:
    runs, lines, raised = Event(), list[str](), list[Exception]()

    def said(line: str) -> None:
        lines.append(line)
        runs.set()

    def up() -> None:
        try:
            command.run(["up"], cwd=str(tmp_path), additional_env={}, on_output=said)
        except EndedError as error:
            raised.append(error)

    thread = Thread(target=up)
    thread.start()
    assert runs.wait(20)
    command.end()
    thread.join(20)
    assert lines == ["running", "interrupted"]
    assert len(raised) == 1
    with pytest.raises(EndedError):
        command.run(["version"], cwd=str(tmp_path), additional_env={})
