"""A folder as a person has it after ``pulumi up``: the stack file, and a ``pulumi`` that knows the outputs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
STACK_FILE = "config:\n  aws:region: us-east-1\n  vllm:model: a/b\n"


@dataclass(frozen=True, kw_only=True)
class Folder:
    path: Path
    environment: Mapping[str, str]

    def ops(self, *arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        """``python -m ops``, as a person runs it."""
        return subprocess.run(
            [sys.executable, "-m", "ops", *arguments],
            cwd=self.path,
            env={**self.environment, **variables},
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )


def write_program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def make_folder(path: Path, *, outputs: Mapping[str, Any], environment: Mapping[str, str]) -> Folder:
    """``environment``: of the emulated AWS; the stand-in for pulumi goes first on PATH."""
    (path / "Pulumi.dev.yaml").write_text(STACK_FILE)
    (path / "outputs.json").write_text(json.dumps(outputs))
    write_program(path / "bin", "pulumi", f'echo "$*" > {path}/pulumi-arguments; cat {path}/outputs.json')
    more = {"PATH": f"{path}/bin:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(path)}
    return Folder(path=path, environment={**environment, **more})
