"""The life of the committed stack on a machine with two GPUs, of which it gets one."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machine.names import Names
from rehearsal.engine.events import Run
from tests.e2e.local.stand import STACK, Answer, Left, Said, Stand

NAMES = Names(STACK)
GPU = "NVIDIA GeForce RTX 4090"
TWO_GPUS = "".join(f"{index}, {GPU}, 24564, 8.9\n" for index in range(2))
CHOSEN = 1


@dataclass(frozen=True, kw_only=True)
class GpuLife:
    """``given``: the GPUs that each container with ``--gpus`` got, as the NVIDIA hook is told."""

    up: Run
    outputs: Mapping[str, Any]
    server: Mapping[str, Any]
    given: tuple[str, ...]
    smoke: Said
    completion: Answer
    unprotect: Run
    destroy: Run
    left: Left


def play(stand: Stand) -> GpuLife:
    engine = stand.engine
    engine.edit_config(lambda config: config.update({"vllm:compute": {"devices": [CHOSEN]}}))
    key = stand.new_key("first")
    up = engine.up()
    looked: dict[str, Any] = {
        "outputs": engine.outputs(),
        "server": stand.inspected(NAMES.server),
        "given": tuple(Path(os.environ["REHEARSAL_GPUS_GIVEN"]).read_text().split()),
        "smoke": stand.ops("smoke"),
        "completion": stand.chat(key=key),
    }
    engine.edit_config(lambda config: config.setdefault("vllm:cache", {}).update(protect=False))
    return GpuLife(
        up=up,
        **looked,
        unprotect=engine.up(),
        destroy=engine.destroy(exclude_protected=True),
        left=stand.left(),
    )
