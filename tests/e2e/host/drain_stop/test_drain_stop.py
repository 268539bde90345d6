"""A person stops vLLM with a crowd of streamed answers in flight."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.host.drains import CROWD
from tests.e2e.host.lives import first, second, third
from tests.e2e.host.plays import Plays

pytestmark = pytest.mark.e2e
PLAYS = (
    first,
    second,
    third,
)


def test_no_answer_is_cut(plays: Plays, seen: Callable[[str], None]) -> None:
    drain = plays.of(third).stopped
    seen(drain.numbers())
    assert drain.accepted >= CROWD * 0.8
    assert len(drain.answers) == CROWD
    assert not drain.cut


def test_nothing_new_is_sent_here_before_vllm_stops_answering(plays: Plays) -> None:
    drain = plays.of(third).stopped
    assert drain.left_at < drain.last_byte_at


def test_the_slot_stays_with_the_host(plays: Plays) -> None:
    drain = plays.of(third).stopped
    assert sum(map(len, drain.slots.values())) == 1


def test_started_again_it_serves_and_is_back_in_rotation(plays: Plays) -> None:
    assert plays.of(third).served_again
