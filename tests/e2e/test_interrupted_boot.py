"""A boot that someone ends leaves no container, no engine of ours, no block device and no file."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.host import needs
from rehearsal.host.engine import running_engine
from rehearsal.host.paths import cache_folder
from tests.e2e.processes import await_that, carrying
from tests.e2e.stage import ROOT
from tests.e2e.support import need

pytestmark = pytest.mark.e2e


@pytest.fixture
def marked() -> Iterator[Path]:
    """A temporary folder that marks all processes of the boot; short, for the sockets in it."""
    folder = Path(tempfile.mkdtemp(prefix="boot-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def test_an_interrupted_boot_leaves_nothing_behind(marked: Path, tmp_path: Path) -> None:
    missing = needs.missing()
    need(not missing, "; ".join(f"no {what}: {reason}" for what, reason in missing.items()))
    output = tmp_path / "output"
    with output.open("w") as file:
        boot = subprocess.Popen(
            [sys.executable, "-m", "tests.e2e.endless_boot"],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(marked)},
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    try:
        waits = "the API key not set"
        await_that(lambda: waits in output.read_text() or boot.poll() is not None, what="a booted host", timeout_s=300)
        assert boot.poll() is None, output.read_text()[-2000:]
        assert any("vllm-" in str(path) for path in marked.iterdir())
        boot.send_signal(signal.SIGTERM)
        assert boot.wait(90) == 130
    finally:
        boot.kill()
        boot.wait()
    assert carrying(f"TMPDIR={marked}") == {}
    assert list(marked.iterdir()) == []
    assert list(cache_folder().glob(f"volumes-{boot.pid}-*")) == []
    assert f"volumes-{boot.pid}-" not in _loop_devices()
    assert str(boot.pid) not in _rehearsed_containers()


def _loop_devices() -> str:
    return subprocess.run(["losetup", "--list"], capture_output=True, text=True, check=True).stdout


def _rehearsed_containers() -> list[str]:
    """Process ids that containers carry, where an engine outlives the rehearsal."""
    host = running_engine()
    if host is None:
        return []
    command = ["docker", "--host", host, "ps", "--all", "--format", '{{.Label "vllm-rehearsal.pid"}}']
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
