"""The machine restarts in the middle of its boot: the boot goes on, on the same slot."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pytest

from tests.e2e.host.ground import KEY, TOKEN
from tests.e2e.host.plays import Plays, Stand

pytestmark = pytest.mark.e2e
WAITS = "the API key not set"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    slots: tuple[Mapping[str, list[str]], Mapping[str, list[str]]]  # before and after the restart
    state: str | None
    launches: int
    done: tuple[str, ...]  # steps after the restart
    console: tuple[str, ...]


def play(stand: Stand) -> Outcome:
    scene = stand.ground.scene("reboot", secrets=False)
    with scene.boot(scene.launch()) as host:
        host.wait_for_line(WAITS, timeout_s=300)
        before = scene.stage.volumes()
        host.reboot()
        host.wait_until(
            lambda: sum(WAITS in line for line in host.console()) >= 2,
            what="the step that was interrupted",
            timeout_s=300,
        )
        scene.stage.put_secrets(key=KEY, token=TOKEN)
        host.wait_until_served(timeout_s=1200)
        console = host.console()
        again = max(number for number, line in enumerate(console) if "step cache-slot" in line and " ok " not in line)
        outcome = Outcome(
            slots=(before, scene.stage.volumes()),
            state=host.cloud.lifecycle_state(),
            launches=len(scene.stage.launches()),
            done=tuple(line.split()[-5] for line in console[again:] if "step" in line and " ok in " in line),
            console=console,
        )
    scene.close()
    return outcome


PLAYS = (play,)


def test_the_boot_goes_on_until_it_serves(plays: Plays, seen: Callable[[str], None]) -> None:
    outcome = plays.of(play)
    seen(f"after the restart: {', '.join(outcome.done)}")
    assert outcome.done[:4] == ("cache-slot", "container-store", "gpus", "secrets")
    assert outcome.done[-2:] == ("lifecycle-hook", "tags")


def test_the_slot_is_the_same_and_the_launch_too(plays: Plays) -> None:
    outcome = plays.of(play)
    assert outcome.slots[0] == outcome.slots[1]
    assert sum(map(len, outcome.slots[1].values())) == 1
    assert (outcome.state, outcome.launches) == ("InService", 1)
