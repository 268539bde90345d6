"""The committed stack on a machine with two GPUs, of which Docker gives it the one that was asked for."""

from __future__ import annotations

import pytest

from tests.e2e.local.gpu import CHOSEN, GpuLife
from tests.e2e.local.lives import LocalLives

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def life(local_lives: LocalLives) -> GpuLife:
    life = local_lives.of("gpu")
    assert isinstance(life, GpuLife)
    return life


def test_the_image_for_gpus_is_served_with_what_was_planned(life: GpuLife) -> None:
    assert life.server["Config"]["Image"] or life.outputs["plan"]["image"]
    assert life.outputs["plan"]["tensor_parallel_size"] == 1
    assert "--gpu-memory-utilization" in life.server["Config"]["Cmd"]
    assert life.completion.status == 200


def test_the_container_gets_the_chosen_gpu_and_no_other(life: GpuLife) -> None:
    (request,) = life.server["HostConfig"]["DeviceRequests"]
    assert (request["DeviceIDs"], request["Capabilities"]) == ([str(CHOSEN)], [["gpu"]])
    assert set(life.given) == {f"NVIDIA_VISIBLE_DEVICES={CHOSEN}"}


def test_the_smoke_test_passes(life: GpuLife) -> None:
    assert life.smoke.returncode == 0, life.smoke.stdout + life.smoke.stderr


def test_what_is_not_protected_leaves_nothing(life: GpuLife) -> None:
    assert not life.unprotect.touched, life.unprotect.text
    left = life.left
    assert not left.containers | left.networks | left.volumes | left.state
