"""The kernel has written that a GPU fell off the bus."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.host.failure import Failure, assert_given_up, given_up
from tests.e2e.host.plays import Plays, Stand

pytestmark = pytest.mark.e2e
XID = "NVRM: Xid (PCI:0000:00:1e): 79, pid='<unknown>', name=<unknown>, GPU has fallen off the bus."


def play(stand: Stand) -> Failure:
    scene = stand.ground.scene("xid")
    try:
        return given_up(scene, step="gpus", kernel_log=(XID,))
    finally:
        scene.close()


PLAYS = (play,)


def test_the_error_of_the_gpu_is_named(plays: Plays, seen: Callable[[str], None]) -> None:
    failure = plays.of(play)
    seen(f"given up after {failure.seconds:.0f} s: {failure.reason}")
    assert_given_up(failure, step="gpus", says=("Xid 79",))
