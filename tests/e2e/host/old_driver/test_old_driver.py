"""The GPU driver is older than the image's CUDA needs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.host.failure import Failure, assert_given_up, given_up
from tests.e2e.host.plays import Plays, Stand

pytestmark = pytest.mark.e2e


def play(stand: Stand) -> Failure:
    scene = stand.ground.scene("old-driver")
    try:
        return given_up(scene, step="gpus", driver="470.57.02")
    finally:
        scene.close()


PLAYS = (play,)


def test_the_driver_is_named_with_the_one_that_is_needed(plays: Plays, seen: Callable[[str], None]) -> None:
    failure = plays.of(play)
    seen(f"given up after {failure.seconds:.0f} s: {failure.reason}")
    assert_given_up(failure, step="gpus", says=("470", "580"))
