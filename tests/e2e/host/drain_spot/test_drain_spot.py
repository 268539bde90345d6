"""EC2 announces that it takes a spot instance away, with a crowd of streamed answers in flight."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.host.drains import CROWD
from tests.e2e.host.lives import first, second
from tests.e2e.host.plays import Plays

pytestmark = pytest.mark.e2e
PLAYS = (
    first,
    second,
)
NOTICE_S = 120


def test_no_answer_is_cut(plays: Plays, seen: Callable[[str], None]) -> None:
    drain = plays.of(second).drain
    seen(drain.numbers())
    assert drain.accepted >= CROWD * 0.8
    assert len(drain.answers) == CROWD
    assert not drain.cut


def test_nothing_new_is_sent_here_before_vllm_stops_answering(plays: Plays) -> None:
    drain = plays.of(second).drain
    assert drain.left_at < drain.last_byte_at


def test_all_is_over_before_ec2_takes_the_machine(plays: Plays) -> None:
    drain = plays.of(second).drain
    assert drain.done_at - drain.began_at < NOTICE_S
    assert drain.done_at > drain.last_byte_at


def test_the_slot_is_given_back_clean(plays: Plays) -> None:
    drain = plays.of(second).drain
    assert set(map(len, drain.slots.values())) == {0}
    assert "/mnt/cache" not in drain.mounts
    assert drain.detached_while_mounted == ()


def test_the_interruption_is_counted(plays: Plays) -> None:
    assert "SpotInterruptions" in plays.of(second).spot_metrics
