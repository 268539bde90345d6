"""Two hosts want one slot: AWS gives it to one of them, and the other one takes the next."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from rehearsal.host.boot import BootedHost
from rehearsal.host.faults import Faults, Refusal
from tests.e2e.host.ground import Scene
from tests.e2e.host.plays import Plays, Stand

pytestmark = pytest.mark.e2e


@dataclass(frozen=True, kw_only=True)
class Outcome:
    slots: Mapping[str, list[str]]
    hosts: tuple[str, str]
    mounted: tuple[str, str]  # volumes, by their links
    refused: tuple[str, ...]  # console lines
    seconds: tuple[str, str]


def play(stand: Stand) -> Outcome:
    """One of the two is told that its first wish is taken, as AWS tells the loser; the other one has it."""
    scene = stand.ground.scene("race", secrets=False)
    first = scene.launch()
    scene.stage.set_capacity(2)
    other = next(id_ for id_ in scene.stage.members() if id_ != first)
    lose = Faults(aws=(Refusal(action="AttachVolume", code="VolumeInUse", times=1),))
    with scene.boot(first) as winner, scene.boot(other, faults=lose) as loser:
        with ThreadPoolExecutor(max_workers=2) as pool:
            lines = list(pool.map(_slot_step, (winner, loser)))
        mounted = (_mounted(scene, winner), _mounted(scene, loser))
        scene.close()
        return Outcome(
            slots=scene.stage.volumes(),
            hosts=(first, other),
            mounted=mounted,
            refused=tuple(line for line in loser.console() if "is taken" in line),
            seconds=(lines[0], lines[1]),
        )


def _slot_step(host: BootedHost) -> str:
    host.wait_for_line("step cache-slot ok", timeout_s=300)
    return next(line for line in host.console() if "step cache-slot ok" in line)


def _mounted(scene: Scene, host: BootedHost) -> str:
    """The slot whose device is mounted as the cache."""
    device = host.run("findmnt", "--noheadings", "--output", "SOURCE", "/mnt/cache")
    links = host.run("sh", "-c", "cd /dev/disk/by-id && for link in *; do echo $(readlink -f $link) $link; done")
    link = next(line.split()[1] for line in links.splitlines() if line.split()[0] == device)
    return next(id_ for id_ in scene.stage.volume_ids if link.endswith(id_.replace("-", "")))


PLAYS = (play,)


def test_the_loser_takes_the_next_slot(plays: Plays, seen: Callable[[str], None]) -> None:
    outcome = plays.of(play)
    seen(f"{outcome.refused[0]} | {outcome.seconds[0]} | {outcome.seconds[1]}")
    assert len(set(outcome.mounted)) == 2


def test_no_volume_has_two_hosts(plays: Plays) -> None:
    outcome = plays.of(play)
    assert {volume: outcome.slots[volume] for volume in outcome.mounted} == {
        volume: [host] for volume, host in zip(outcome.mounted, outcome.hosts, strict=True)
    }
