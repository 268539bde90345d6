"""What keeps the stack from starting on a machine, each with `pulumi up` on the real engine."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rehearsal.engine.events import Run
from tests.e2e.local.gpu import GPU
from tests.e2e.local.machine import engine as container_engine
from tests.e2e.local.machine import put_on_path
from tests.e2e.local.stand import PORT, Refusal, Said, Stand

SMALL_DISK_GIB = 2
GATED = "meta-llama/Llama-3.2-1B-Instruct"
TOKEN = "hf_" + "planted" * 4
Edit = Callable[[dict[str, Any]], None]


@dataclass(kw_only=True)
class Refusals:
    """``of``: by what is in the way. ``preview``: of a stack that `up` refuses. ``in_order``: a preview when nothing is
    in the way any more."""

    of: dict[str, Refusal] = field(default_factory=dict)
    preview: Refusal | None = None
    token: Said | None = None
    in_order: Run | None = None


def play(stand: Stand) -> Refusals:
    seen, engine = Refusals(), stand.engine
    seen.of["no key"] = stand.refusal()
    seen.preview = stand.refusal_of_preview()
    stand.new_key("first")

    with _edited(stand, {"docker:host": f"unix://{stand.machine.folder}/nowhere.sock"}):
        seen.of["no engine"] = stand.refusal()
    with socket.create_server(("127.0.0.1", PORT)):
        seen.of["port in use"] = stand.refusal()
    with _small_disk(stand) as host, _edited(stand, {"docker:host": host}):
        seen.of["disk full"] = stand.refusal()
    with _edited(stand, {"vllm:model": GATED}):
        seen.of["gated"] = stand.refusal()
        seen.token = stand.ops("secrets", "set", "hf-token", given=f"{TOKEN}\n")
        seen.in_order = engine.preview()
    with _edited(stand, {"vllm:compute": {"devices": [0]}}):
        seen.of["no gpu"] = stand.refusal()
        _plug_in(stand.machine.folder, memory_mib=2048)
        seen.of["gpu too small"] = stand.refusal()
        _plug_in(stand.machine.folder, memory_mib=24564)
        seen.of["no gpu in docker"] = stand.refusal()
    return seen


@contextmanager
def _edited(stand: Stand, settings: Mapping[str, Any]) -> Iterator[None]:
    before = stand.engine.stack_file.read_text()
    stand.engine.edit_config(lambda config: config.update(settings))
    try:
        yield
    finally:
        stand.engine.stack_file.write_text(before)


@contextmanager
def _small_disk(stand: Stand) -> Iterator[str]:
    """The host of an engine whose data is on a disk of that size."""
    disk = stand.machine.folder / "small"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK_GIB}g", "tmpfs", str(disk)], check=True)
    bare = ("--bridge=none", "--iptables=false", "--ip6tables=false")
    with container_engine(disk / "docker", *bare, socket=Path("/run/small.sock")) as engine:
        yield engine.host


def _plug_in(folder: Path, *, memory_mib: int) -> None:
    """The driver finds one GPU of this size."""
    file = folder / "gpus"
    if not file.exists():
        put_on_path(folder / "driver", "nvidia-smi")
        os.environ["REHEARSAL_GPUS"] = str(file)
    file.write_text(f"0, {GPU}, {memory_mib}, 8.9\n")
