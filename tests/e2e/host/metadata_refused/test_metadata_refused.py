"""The metadata service refuses its tokens: for a while, as when an instance is new, and for good."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pytest

from rehearsal.host.faults import ALWAYS, Faults
from tests.e2e.host.flaky import REFUSED_TOKENS, flaky
from tests.e2e.host.plays import Plays, Stand

pytestmark = pytest.mark.e2e
HEARTBEAT_S = 60  # of the launching hook: nobody else can end this launch


@dataclass(frozen=True, kw_only=True)
class Outcome:
    console: tuple[str, ...]
    launch: tuple[str, str]
    units: str  # ours, as far as they are installed


def play(stand: Stand) -> Outcome:
    scene = stand.ground.scene("no-metadata", launch_heartbeat_timeout_s=HEARTBEAT_S)
    with scene.boot(scene.launch(), faults=Faults(token_refusals=ALWAYS)) as host:
        host.wait_until(lambda: scene.stage.launches()[0][0] == "Cancelled", what="the hook's timeout", timeout_s=300)
        outcome = Outcome(
            console=host.console(),
            launch=scene.stage.launches()[0],
            units=host.run("sh", "-c", "cd /etc/systemd/system; ls -d vllm* || true"),
        )
    scene.close()
    return outcome


PLAYS = (play, flaky)


def test_a_host_without_metadata_says_so_and_its_launch_ends_at_the_hooks_timeout(
    plays: Plays, seen: Callable[[str], None]
) -> None:
    outcome = plays.of(play)
    said = [line for line in outcome.console if "vllm: scripts: attempt" in line]
    seen(f"{said[0]}; {outcome.launch[1]}")
    assert outcome.launch[1].endswith("Heartbeat Timeout")
    assert outcome.units == ""


def test_tokens_that_are_refused_at_first_only_cost_time(plays: Plays, seen: Callable[[str], None]) -> None:
    outcome = plays.of(flaky)
    seen(f"{REFUSED_TOKENS} tokens refused; cache-slot ok {outcome.slot_after_s:.0f} s after the start")
    assert outcome.steps["cache-slot"] == "ok"
