"""The group terminates a host with a crowd of streamed answers in flight."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.e2e.host.drains import CROWD
from tests.e2e.host.lives import first
from tests.e2e.host.plays import Plays

pytestmark = pytest.mark.e2e
PLAYS = (first,)


def test_no_answer_is_cut(plays: Plays, seen: Callable[[str], None]) -> None:
    drain = plays.of(first).drain
    seen(drain.numbers())
    assert drain.accepted >= CROWD * 0.8
    assert len(drain.answers) == CROWD
    assert not drain.cut


def test_nothing_new_is_sent_here_before_vllm_stops_answering(plays: Plays) -> None:
    drain = plays.of(first).drain
    assert drain.left_at < drain.last_byte_at


def test_the_hook_completes_after_the_last_byte(plays: Plays) -> None:
    drain = plays.of(first).drain
    assert drain.done_at > drain.last_byte_at


def test_requests_were_in_flight_when_vllm_was_told_to_stop(plays: Plays) -> None:
    life = plays.of(first)
    stopped = life.stopped_at - time.time() + time.monotonic()
    assert sum(answer.ended_at > stopped for answer in life.drain.answers) >= 10


def test_the_slot_is_given_back_clean(plays: Plays) -> None:
    drain = plays.of(first).drain
    assert set(map(len, drain.slots.values())) == {0}
    assert "/mnt/cache" not in drain.mounts
    assert drain.detached_while_mounted == ()
