"""Signals end a rehearsal once, as an exception."""

from __future__ import annotations

import os
import signal

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
