"""The plays of stacks on one machine, side by side, each on a machine of its own."""

from __future__ import annotations

import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rehearsal.host import cpu_vllm, root
from rehearsal.host.engine import missing_for_own_engine
from tests.e2e.local import watching_images
from tests.e2e.local.images import ensure_images
from tests.e2e.local.machine import ENTER

ROOT = Path(__file__).resolve().parents[3]
FILES = {"test_cpu.py": "cpu", "test_gpu.py": "gpu", "test_refusals.py": "refusals", "test_watched.py": "watched"}
"""Which play the tests of a file look at."""
TOOLS = ("ip", "mount", "setpriv", "unshare")
TIMEOUT_S = 1200.0


def missing() -> str | None:
    """Why no play can be had here; None when they can."""
    lacking = [tool for tool in TOOLS if shutil.which(tool) is None]
    if lacking:
        return f"there is no {lacking[0]}; on Debian: apt-get install iproute2 util-linux"
    return missing_for_own_engine() or cpu_vllm.missing() or root.missing() or watching_images.missing()


def wanted_by(items: Iterable[pytest.Item]) -> list[str]:
    here = Path(__file__).resolve().parent
    return [name for file, name in FILES.items() if any(item.path == here / file for item in items)]


class LocalLives:
    """Begins them all; ``of`` waits for one and raises what ended it. ``folder``: theirs, one for each."""

    def __init__(self, *, names: Iterable[str], folder: Path) -> None:
        ensure_images()
        self._pool = ThreadPoolExecutor(max_workers=len(FILES), thread_name_prefix="local")
        self._running: dict[str, Future[Any]] = {name: self._pool.submit(_live, name, folder / name) for name in names}

    def of(self, name: str) -> Any:
        return self._running[name].result()

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def _live(name: str, folder: Path) -> Any:
    folder.mkdir()
    command = [*ENTER, sys.executable, "-m", "tests.e2e.local.play", name, str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=TIMEOUT_S
    )
    assert done.returncode == 0, f"the play {name} ended with {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return pickle.loads((folder / "record").read_bytes())
