"""vLLM does not know one of its arguments and exits at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.host.failure import Failure, assert_given_up, given_up
from tests.e2e.host.plays import Plays, Stand

pytestmark = pytest.mark.e2e


def play(stand: Stand) -> Failure:
    scene = stand.ground.scene("wrong-flag", vllm_args=(*stand.ground.plan.vllm_args, "--no-such-flag"))
    try:
        return given_up(scene, step="vllm")
    finally:
        scene.close()


PLAYS = (play,)


def test_vllms_own_words_are_the_reason(plays: Plays, seen: Callable[[str], None]) -> None:
    failure = plays.of(play)
    seen(f"given up after {failure.seconds:.0f} s: {failure.reason}")
    assert_given_up(failure, step="vllm", says=("no-such-flag",))
