"""`ops graph` of one stack file, in this process: what it said, and how it ended."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from unittest import mock

from pulumi.runtime.proto import source_pb2

from ops.cli import main
from tests.fuzz.stack_files import StackFile
from tests.program import local_cases
from tests.program.cases import ROOT

KEY_IN_USE = "sk-KeyThatIsInUseOnThisMachine0123456789"
"""Of the stacks on this machine: the program reads the file that it stands in."""
SHAPE = {"architectures": ["LlamaForCausalLM"], "hidden_size": 2048, "num_hidden_layers": 16, "torch_dtype": "bfloat16"}
HEADS = {"num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 8192, "vocab_size": 128_256}
COLLECT_EVERY = 50


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """``status`` 0: ``stdout`` is the graph as JSON; 2: what is wrong, as JSON."""

    status: int
    stdout: str
    stderr: str

    @cached_property
    def document(self) -> Any:
        return json.loads(self.stdout)


class Workplace:
    """A checkout as far as the program looks at it: the two files, and what a stack file can point at."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._runs = 0

    def graph(self, file: StackFile) -> Outcome:
        """Raises what would be a traceback for a person."""
        path = self.root / f"Pulumi.{file.stack}.yaml"
        path.write_text(file.text, encoding="utf-8")
        try:
            return self.run("graph", "--stack", file.stack, "--json")
        finally:
            path.unlink()
            self._runs += 1
            if self._runs % COLLECT_EVERY == 0:
                gc.collect()
                gc.freeze()  # what is left is there to stay: modules

    def run(self, *argv: str) -> Outcome:
        stdout, stderr = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
            status = main(argv)
        return Outcome(status=status, stdout=stdout.getvalue(), stderr=stderr.getvalue())


@contextlib.contextmanager
def workplace() -> Iterator[Workplace]:
    """Inside, the working folder is the workplace, and this machine has four GPUs, Docker and keys."""
    keys = json.dumps({"keys": {"me": {"key": KEY_IN_USE, "created": "2026-01-01T00:00:00Z"}}})
    before = Path.cwd()
    with local_cases.machine(hardware=local_cases.FOUR_A100, keys=keys) as home, quick():
        root = home / "checkout"
        _fill(root)
        os.chdir(root)
        try:
            yield Workplace(root)
        finally:
            os.chdir(before)


def _fill(root: Path) -> None:
    for name in ("models", "chat-templates", "image"):
        (root / name).mkdir(parents=True)
    for name in ("Pulumi.yaml", "__main__.py"):
        (root / name).write_bytes((ROOT / name).read_bytes())
    (root / "userdata").symlink_to(ROOT / "userdata")
    (root / "models/shape.json").write_text(json.dumps({**SHAPE, **HEADS}), encoding="utf-8")
    (root / "models/broken.json").write_text('{"architectures": [1', encoding="utf-8")
    (root / "chat-templates/chat.jinja").write_text("{{ messages }}", encoding="utf-8")
    (root / "image/Dockerfile").write_text("ARG BASE\nFROM ${BASE}\nRUN true\n", encoding="utf-8")


@contextlib.contextmanager
def quick() -> Iterator[None]:
    """Half the time of a run is Python's collector, which looks at the whole SDK again and again, and a tenth goes into
    where in the program each resource is made, which the recorder does not keep."""
    gc.collect()
    gc.freeze()
    gc.disable()
    try:
        with mock.patch("pulumi.runtime.resource._get_stack_trace", return_value=source_pb2.StackTrace()):
            yield
    finally:
        gc.enable()
        gc.unfreeze()
