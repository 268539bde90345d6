"""Environments of their own, for tools whose packages this project's do not go with.

They are made by uv in ${XDG_CACHE_HOME:-~/.cache}/vllm-pulumi, outside the checkout, and made again when the file of
requirements or the interpreter is another one.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

STAMP = "made-from"
Run = Callable[[Sequence[str]], None]


def _checked(command: Sequence[str]) -> None:
    subprocess.run(command, check=True)


def side_environment(name: str, *, requirements: Path, run: Run = _checked) -> Path:
    """The folder with the programs of the environment. ``run``: for the commands of uv that make it."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "vllm-pulumi" / name
    wanted = hashlib.sha256(requirements.read_bytes() + sys.version.encode()).hexdigest()
    stamp = folder / STAMP
    if not stamp.is_file() or stamp.read_text(encoding="utf-8") != wanted:
        _make(folder, requirements=requirements, run=run)
        stamp.write_text(wanted, encoding="utf-8")
    return folder / "bin"


def _make(folder: Path, *, requirements: Path, run: Run) -> None:
    uv = [sys.executable, "-m", "uv"]
    run([*uv, "venv", "--quiet", "--clear", "--python", sys.executable, str(folder)])
    python = str(folder / "bin" / "python")
    run([*uv, "pip", "install", "--quiet", "--python", python, "-r", str(requirements)])
