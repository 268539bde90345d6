"""Slots that hold what no host may write to: a damaged ext4, and a filesystem of somebody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from rehearsal.host import contents
from tests.e2e.host.plays import Plays, Stand

pytestmark = pytest.mark.e2e


@dataclass(frozen=True, kw_only=True)
class Outcome:
    untouched: tuple[bool, bool]  # the damaged one, the foreign one
    slots: Mapping[str, list[str]]
    me: str
    warnings: tuple[str, ...]
    volume_ids: tuple[str, ...]


def play(stand: Stand) -> Outcome:
    scene = stand.ground.scene("corrupt", slots=3, secrets=False)
    contents.corrupt_ext4(scene.volume(0))
    contents.xfs(scene.volume(1))
    before = [contents.fingerprint(scene.volume(number)) for number in (0, 1)]
    me = scene.launch()
    with scene.boot(me) as host:
        host.wait_for_line("step cache-slot ok", timeout_s=300)
        host.wait_until(
            lambda: sum(event["status"] == "warning" for event in scene.stage.boot_events(me)) == 2,
            what="two warnings in the log group",
            timeout_s=300,
        )
        events = scene.stage.boot_events(me)
        slots = scene.stage.volumes()
    scene.close()
    return Outcome(
        untouched=(
            contents.fingerprint(scene.volume(0)) == before[0],
            contents.fingerprint(scene.volume(1)) == before[1],
        ),
        slots=slots,
        me=me,
        warnings=tuple(event["reason"] for event in events if event["status"] == "warning"),
        volume_ids=scene.stage.volume_ids,
    )


PLAYS = (play,)


def test_not_a_byte_of_them_is_changed(plays: Plays) -> None:
    assert plays.of(play).untouched == (True, True)


def test_the_next_slot_serves_and_they_are_let_go(plays: Plays) -> None:
    outcome = plays.of(play)
    assert [outcome.slots[volume] for volume in outcome.volume_ids] == [[], [], [outcome.me]]


def test_a_warning_names_each_and_what_to_do(plays: Plays, seen: Callable[[str], None]) -> None:
    outcome = plays.of(play)
    seen(" | ".join(outcome.warnings))
    assert len(outcome.warnings) == 2
    for volume, warning in zip(outcome.volume_ids, outcome.warnings, strict=False):
        assert volume in warning
        assert "wipe" in warning.lower()
