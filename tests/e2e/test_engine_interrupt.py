"""A rehearsal that someone ends, by Ctrl-C or `kill`, leaves nothing behind; and meanwhile its processes hold
nothing of the machine's AWS access."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from rehearsal.engine.rig import Rig
from tests.e2e.busy_machine import REAL_LOOKING
from tests.e2e.life import ROOT
from tests.e2e.processes import await_that, carrying, environments_of
from tests.e2e.support import need

pytestmark = pytest.mark.e2e

INTERRUPTED = 130
ENGINE = ("pulumi", "tfbridge", "terraform-provider-aws")


class Rehearsal:
    """``ops rehearse`` in a process of its own, whose temporary folder marks all that belong to it."""

    def __init__(self, *, environ: Mapping[str, str], folder: Path, output: Path) -> None:
        self.folder = folder
        self.output = output
        with self.output.open("w") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "ops", "rehearse", "--stack", "dev"],
                cwd=ROOT,
                env={**environ, "TMPDIR": str(folder)},
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def said(self, text: str) -> bool:
        return text in self.output.read_text()

    def running(self) -> set[str]:
        """Which parts of the engine run."""
        commands = carrying(f"TMPDIR={self.folder}").values()
        return {part for part in ENGINE if any(part in command for command in commands)}


@pytest.fixture
def rehearsal(rig: Rig, busy_environ: Mapping[str, str], tmp_path: Path) -> Iterator[Rehearsal]:
    need(Path("/proc/self/environ").exists(), "no /proc to look for processes in")
    # Not below pytest's own folders: the provider puts a socket in it, whose path may have 107 characters.
    folder = Path(tempfile.mkdtemp(prefix="interrupt-"))
    started = Rehearsal(environ=busy_environ, folder=folder, output=tmp_path / "output")
    try:
        await_that(
            lambda: started.said("aws:ec2:Vpc vllm creating") or started.process.poll() is not None,
            what="the up",
            timeout_s=600,
        )
        assert started.process.poll() is None, started.output.read_text()[-2000:]
        yield started
    finally:
        started.process.kill()
        started.process.wait()
        shutil.rmtree(folder)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_rehearsal_leaves_nothing_behind(rehearsal: Rehearsal, number: signal.Signals) -> None:
    assert rehearsal.running() == set(ENGINE)
    engine = {
        command: text
        for command, text in environments_of(f"TMPDIR={rehearsal.folder}").items()
        if any(part in command for part in ENGINE)
    }
    rehearsal.process.send_signal(number)
    assert rehearsal.process.wait(60) == INTERRUPTED
    assert rehearsal.said("interrupted")
    assert carrying(f"TMPDIR={rehearsal.folder}") == {}
    assert list(rehearsal.folder.iterdir()) == []
    # While it ran: not one value of the machine's own AWS access was in the engine's processes.
    assert len(engine) >= len(ENGINE)
    leaked = {
        (command, name) for command, text in engine.items() for name, value in REAL_LOOKING.items() if value in text
    }
    assert leaked == set()
