"""Work of several stacks at once, and how it ends early."""

from __future__ import annotations

from threading import Barrier, Event, current_thread, main_thread

import pytest

from rehearsal.side_by_side import side_by_side

LIMIT_S = 20.0


def never() -> None:
    raise AssertionError("nothing was to be ended")


def test_all_of_it_runs_at_once() -> None:
    meeting, met = Barrier(3, timeout=LIMIT_S), list[int]()
    side_by_side([lambda: met.append(meeting.wait())] * 3, end=never)
    assert sorted(met) == [0, 1, 2]


def test_a_single_work_stays_in_this_thread() -> None:
    threads = []
    side_by_side([lambda: threads.append(current_thread())], end=never)
    assert threads == [main_thread()]


def test_nothing_to_do_is_done() -> None:
    side_by_side([], end=never)


def test_a_mistake_ends_the_others_and_is_raised() -> None:
    ended = Event()

    def waits_to_be_ended() -> None:
        assert ended.wait(LIMIT_S)

    def fails() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        side_by_side([fails, waits_to_be_ended], end=ended.set)
    assert ended.is_set()
