"""A play on a machine of its own: python -m tests.e2e.local.play NAME FOLDER, inside of the machine's name spaces.

Its record is pickled to FOLDER/record; the machine's data and the user's home are in FOLDER, for the caller to remove.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from components.local.front import IMAGE as NGINX
from config.sources import load_stack_file
from machine.hardware import hardware
from rehearsal.engine.rig import find_rig
from rehearsal.host.paths import cache_folder
from sizing.prepare import prepare
from tests.e2e.local import cpu, gpu, refusals, watched
from tests.e2e.local.images import ensure_images
from tests.e2e.local.machine import machine, put_on_path
from tests.e2e.local.stand import ROOT, STACK, Stand, stand

PLAYS: dict[str, Callable[[Stand], Any]] = {
    "cpu": cpu.play,
    "gpu": gpu.play,
    "refusals": refusals.play,
    "watched": watched.play,
}


def main() -> None:
    name, folder = sys.argv[1], Path(sys.argv[2])
    _move_in(folder)
    if name == "gpu":
        _plug_in_gpus(folder)
    rig = find_rig(package="docker")
    assert rig is not None
    with (
        machine(folder=folder / "machine", images=ensure_images(), vllm=_planned_image(), nginx=NGINX) as there,
        stand(there, rig=rig, person=cpu.PERSON if name == "cpu" else 0) as given,
    ):
        record = PLAYS[name](given)
    (folder / "record").write_bytes(pickle.dumps(record))


def _planned_image() -> str:
    _, plan = prepare(load_stack_file(stack=STACK, root=ROOT), hardware=hardware)
    return plan.image


def _move_in(folder: Path) -> None:
    """A home of its own for the user; what is slow to make stays where this machine has it."""
    os.environ["XDG_CACHE_HOME"] = str(cache_folder().parent)
    os.environ["HOME"] = str(folder / "home")
    for name in ("DOCKER_HOST", "DOCKER_CONTEXT", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "PULUMI_HOME"):
        os.environ.pop(name, None)
    (folder / "home").mkdir()


def _plug_in_gpus(folder: Path) -> None:
    put_on_path(folder / "driver", "nvidia-smi", "nvidia-container-runtime-hook")
    for variable, file, text in (
        ("REHEARSAL_GPUS", "gpus", gpu.TWO_GPUS),
        ("REHEARSAL_GPUS_GIVEN", "gpus-given", ""),
    ):
        (folder / file).write_text(text)
        os.environ[variable] = str(folder / file)


if __name__ == "__main__":
    main()
