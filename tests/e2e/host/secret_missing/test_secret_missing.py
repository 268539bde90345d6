"""Nobody puts an API key."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.host.failure import Failure, assert_given_up, given_up
from tests.e2e.host.plays import Plays, Stand

pytestmark = pytest.mark.e2e


def play(stand: Stand) -> Failure:
    scene = stand.ground.scene("no-key", secrets=False, boot_deadline_s=40)
    try:
        return given_up(scene, step="secrets")
    finally:
        scene.close()


PLAYS = (play,)


def test_the_host_says_how_to_put_the_key_and_gives_up_at_the_deadline(
    plays: Plays, seen: Callable[[str], None]
) -> None:
    failure = plays.of(play)
    seen(f"given up after {failure.seconds:.0f} s: {failure.reason}")
    assert_given_up(
        failure,
        step="secrets",
        says=("python -m ops keys add NAME --stack no-key", "still not set at the boot deadline"),
    )
