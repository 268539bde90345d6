"""The slot is full: of old models, which go; of files of somebody else, which stay and end the boot."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from rehearsal.host import contents
from tests.e2e.host.failure import Failure, assert_given_up, given_up
from tests.e2e.host.plays import Plays, Stand

pytestmark = pytest.mark.e2e
OLD = "huggingface/hub/models--someone--an-old-model"


@dataclass(frozen=True, kw_only=True)
class Evicted:
    old_model_is_there: bool
    used_percent: int
    console: tuple[str, ...]


def foreign(stand: Stand) -> Failure:
    scene = stand.ground.scene("full", slots=1)
    contents.nearly_full(scene.volume(0), free_mib=2048)
    try:
        return given_up(scene, step="cache-space")
    finally:
        scene.close()


def old_models(stand: Stand) -> Evicted:
    scene = stand.ground.scene("evict", slots=1)
    file = scene.volume(0)
    contents.ext4(file)
    with contents.mounted(file) as folder:
        contents.fill(folder / OLD / "blobs" / ("a" * 64), leave_mib=2048)
        snapshot = folder / OLD / "snapshots" / ("b" * 40)
        snapshot.mkdir(parents=True)
        (snapshot / "model.safetensors").symlink_to(f"../../blobs/{'a' * 64}")
        (folder / OLD / "refs").mkdir()
        (folder / OLD / "refs" / "main").write_text("b" * 40)
    with scene.boot(scene.launch()) as host:
        host.wait_for_line("step cache-space ok", timeout_s=300)
        used = host.run("df", "--output=pcent", "/mnt/cache").split()[-1]
        outcome = Evicted(
            old_model_is_there=host.succeeds("test", "-e", f"/mnt/cache/{OLD}"),
            used_percent=int(used.rstrip("%")),
            console=host.console(),
        )
    scene.close()
    return outcome


PLAYS = (foreign, old_models)


def test_a_disk_full_of_other_files_ends_the_boot_with_sizes_and_a_remedy(
    plays: Plays, seen: Callable[[str], None]
) -> None:
    failure = plays.of(foreign)
    seen(f"given up after {failure.seconds:.0f} s: {failure.reason}")
    assert_given_up(failure, step="cache-space", says=("full", "GiB", "vllm:cache", "sizeGib"))


def test_an_old_model_makes_room(plays: Plays, seen: Callable[[str], None]) -> None:
    outcome = plays.of(old_models)
    seen(f"evicted; {outcome.used_percent} % used afterwards")
    assert not outcome.old_model_is_there
    assert outcome.used_percent < 85
