"""The real vLLM for CPUs with a tiny model, as ``../shared/vllm-cpu/install.sh`` installs it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from rehearsal.host.errors import HostRehearsalError
from rehearsal.host.paths import cache_folder

VERSION = "0.32.0"
INSTALLER = Path(__file__).resolve().parents[3] / "shared" / "vllm-cpu" / "install.sh"


@dataclass(frozen=True, kw_only=True)
class CpuVllm:
    """Two folders that a container needs at the same paths as outside: the environment and the Python it came from."""

    folder: Path
    python: Path

    @classmethod
    def ensure(cls) -> Self:
        """Install when missing (2-4 minutes, about 6 GB); HostRehearsalError where it cannot be had."""
        folder = default_folder()
        if not (folder / "serve").exists():
            if reason := missing():
                raise HostRehearsalError(reason)
            # The project's own environment has the `uv` that the installer needs; the machine may have none.
            path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))
            done = subprocess.run(
                [str(INSTALLER), str(folder)],
                env={**os.environ, "PATH": path},
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode:
                raise HostRehearsalError(f"vLLM for CPUs did not install: {done.stderr.strip()[-400:]}")
        _compile(folder)
        asked = [str(folder / "venv" / "bin" / "python"), "-c", "import sys; print(sys.base_prefix)"]
        prefix = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.strip()
        if prefix in ("/usr", "/usr/local"):
            raise HostRehearsalError(
                f"{folder}/venv was made from the system's Python, which cannot be shared; use uv's"
            )
        return cls(folder=folder, python=Path(prefix))

    @property
    def model(self) -> Path:
        return self.folder / "tiny-llama"


def default_folder() -> Path:
    return cache_folder() / f"vllm-cpu-{VERSION}"


def _compile(folder: Path) -> None:
    """Compile its modules once: the container sees them read-only, and would compile them in each of its processes."""
    marker = folder / "compiled"
    if marker.exists():
        return
    python = folder / "venv" / "bin" / "python"
    # Some packages carry test files that are no valid Python; those fail, and are never imported.
    subprocess.run(
        [str(python), "-m", "compileall", "-q", "-j", "0", str(folder / "venv/lib")], capture_output=True, check=False
    )
    marker.touch()


def missing() -> str | None:
    """Why there is no vLLM for CPUs here and none can be installed; None when there is or can be."""
    if (default_folder() / "serve").exists() or INSTALLER.exists():
        return None
    return (
        f"no vLLM for CPUs in {default_folder()}, and ../shared/vllm-cpu/install.sh, which installs one, is not there"
    )
