"""Ctrl-C and `kill` end a rehearsal in order: as one exception in the main thread, on which every ``with`` block
cleans up after itself."""

from __future__ import annotations

import contextlib
import signal
import socket
from collections.abc import Iterator
from threading import Event, Thread, get_ident
from types import FrameType

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_POKE_S = 0.2


class InterruptedRehearsal(KeyboardInterrupt):
    """Someone asked the rehearsal to end."""


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Raises InterruptedRehearsal inside the block at the first signal. Later ones do nothing, so that the
    cleaning up, which takes seconds, is not cut short. Only for the main thread."""
    begun = Event()

    def interrupt(number: int, _frame: FrameType | None) -> None:
        if not begun.is_set():
            begun.set()
            raise InterruptedRehearsal(signal.Signals(number).name)

    before = {number: signal.signal(number, interrupt) for number in _SIGNALS}
    try:
        with _main_thread_woken(begun):
            yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _main_thread_woken(begun: Event) -> Iterator[None]:
    """The system may hand a signal to any thread. Python runs the handler in the main one, which does not notice
    while it waits for a lock, a thread or a pipe; it does notice a signal of its own."""
    main = get_ident()
    hears, tells = socket.socketpair()

    def poke() -> None:
        while heard := hears.recv(1):
            while heard[0] in _SIGNALS and not begun.wait(_POKE_S):
                signal.pthread_kill(main, heard[0])

    tells.setblocking(False)
    thread = Thread(target=poke, name="interrupt", daemon=True)
    thread.start()
    former = signal.set_wakeup_fd(tells.fileno(), warn_on_full_buffer=False)
    try:
        yield
    finally:
        signal.set_wakeup_fd(former)
        begun.set()
        tells.close()
        thread.join()
        hears.close()
