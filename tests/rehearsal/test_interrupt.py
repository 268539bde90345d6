"""Signals end a rehearsal once, as an exception."""

from __future__ import annotations

import os
import signal
import sys
from queue import Queue
from threading import Event, Thread, get_ident
from traceback import walk_stack

import pytest

from rehearsal.interrupt import InterruptedRehearsal, interruptible


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_first_signal_raises_and_names_itself(number: signal.Signals) -> None:
    with pytest.raises(InterruptedRehearsal, match=number.name), interruptible():
        os.kill(os.getpid(), number)


def test_a_second_signal_does_not_cut_the_cleaning_up_short() -> None:
    cleaned = []

    def interrupted_twice() -> None:
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            cleaned.append(True)

    with pytest.raises(InterruptedRehearsal), interruptible():
        interrupted_twice()
    assert cleaned


def test_handlers_are_as_before_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with interruptible():
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_an_interrupted_rehearsal_is_an_interrupt_to_callers() -> None:
    assert issubclass(InterruptedRehearsal, KeyboardInterrupt)


def test_a_signal_that_another_thread_gets_wakes_the_main_thread_from_its_wait() -> None:
    """The system may choose any thread; left alone, Python's main thread would go on waiting."""
    main, interrupted, in_time = get_ident(), Event(), Queue[bool]()

    def be_chosen() -> None:
        while "join" not in _functions_of(main):
            interrupted.wait(0.01)
        signal.pthread_kill(get_ident(), signal.SIGTERM)
        in_time.put(interrupted.wait(10))

    thread = Thread(target=be_chosen)
    with pytest.raises(InterruptedRehearsal, match="SIGTERM"), interruptible():
        _wait_for(thread)
    interrupted.set()
    assert in_time.get(timeout=30)


def _functions_of(thread_id: int) -> set[str]:
    """Names of the functions that a thread is in."""
    frames = walk_stack(sys._current_frames()[thread_id])
    return {frame.f_code.co_name for frame, _ in frames}


def _wait_for(thread: Thread) -> None:
    thread.start()
    thread.join()
