"""The role may not read the secret."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rehearsal.host.faults import Faults, Refusal
from tests.e2e.host.failure import Failure, assert_given_up, given_up
from tests.e2e.host.plays import Plays, Stand

pytestmark = pytest.mark.e2e


def play(stand: Stand) -> Failure:
    scene = stand.ground.scene("denied")
    try:
        return given_up(
            scene, step="secrets", faults=Faults(aws=(Refusal(action="GetSecretValue", code="AccessDeniedException"),))
        )
    finally:
        scene.close()


PLAYS = (play,)


def test_the_refusal_is_the_reason(plays: Plays, seen: Callable[[str], None]) -> None:
    failure = plays.of(play)
    seen(f"given up after {failure.seconds:.0f} s: {failure.reason}")
    assert_given_up(failure, step="secrets", says=("AccessDeniedException",))
