"""The Pulumi CLI as a child process, with a script in its place."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from threading import Event, Thread

import pytest

from rehearsal.engine.command import EndedError, IsolatedCommand

# Answers to `version`; anything else says that it runs, and goes on until it is interrupted. Not a shell: one that was
# started with SIGINT ignored, as in a background job, cannot trap it. And no handler: it could interrupt the print.
SCRIPT = f"""\
#!{sys.executable} -S
import signal, sys
if sys.argv[2] == "version":
    print("v3.100.0")
    sys.exit()
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
print("running", flush=True)
signal.sigwait([signal.SIGINT])
print("interrupted", flush=True)
sys.exit(255)
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
