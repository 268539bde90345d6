"""A folder as a person has it after ``pulumi up``: stack files, and a ``pulumi`` that knows their outputs."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ops import cli

ROOT = Path(__file__).resolve().parents[2]
STACK_FILE = "config:\n  aws:region: us-east-1\n  vllm:model: a/b\n"
# As pulumi answers for a stack that its backend has, and for another.
PULUMI = """
echo "$*" > {path}/pulumi-arguments
for stack in "$@"; do :; done
cat {path}/outputs.$stack.json 2>/dev/null && exit
echo "error: no stack named '$stack' found" >&2
exit 255
"""


@dataclass(frozen=True, kw_only=True)
class Folder:
    path: Path
    environment: Mapping[str, str]

    def ops(self, *arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        """``python -m ops`` in this process: starting one takes longer than most verbs."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.ExitStack() as stage:
            stage.enter_context(_only_environment({**self.environment, **variables}))
            stage.enter_context(contextlib.chdir(self.path))
            stage.enter_context(_stdin(stdin))
            stage.enter_context(contextlib.redirect_stdout(out))
            stage.enter_context(contextlib.redirect_stderr(err))
            status = cli.main(arguments)
        return subprocess.CompletedProcess(arguments, status, stdout=out.getvalue(), stderr=err.getvalue())

    def deploy(self, stack: str, outputs: Mapping[str, Any]) -> None:
        """From now on the backend has this stack, with these outputs."""
        (self.path / f"outputs.{stack}.json").write_text(json.dumps(outputs))

    def destroy(self, stack: str) -> None:
        """``pulumi destroy`` and ``pulumi stack rm``: the backend has no such stack."""
        (self.path / f"outputs.{stack}.json").unlink()

    def stack_file(self, stack: str) -> Path:
        return self.path / f"Pulumi.{stack}.yaml"


@contextlib.contextmanager
def _only_environment(variables: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update(variables)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@contextlib.contextmanager
def _stdin(text: str) -> Iterator[None]:
    before = sys.stdin
    sys.stdin = io.StringIO(text)
    try:
        yield
    finally:
        sys.stdin = before


def write_program(folder: Path, name: str, script: str) -> None:
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def make_folder(path: Path, *, outputs: Mapping[str, Any] | None, environment: Mapping[str, str]) -> Folder:
    """With the stack dev, deployed unless ``outputs`` is None. ``environment``: of the emulated AWS."""
    write_program(path / "bin", "pulumi", PULUMI.format(path=path))
    more = {"PATH": f"{path}/bin:{os.environ['PATH']}", "PYTHONPATH": str(ROOT), "HOME": str(path)}
    folder = Folder(path=path, environment={**environment, **more})
    folder.stack_file("dev").write_text(STACK_FILE)
    if outputs is not None:
        folder.deploy("dev", outputs)
    return folder
