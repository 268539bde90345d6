"""What happens to hosts goes on side by side, a thread for each play: most of the time is waiting."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from threading import Event, Lock
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from tests.e2e.host.ground import Ground

SIDE_BY_SIDE = 4  # of which two may wait for an earlier life; more only make each other slow
T = TypeVar("T")


class Plays:
    """Every play that the session's tests look at; the first to be asked for begins them all.

    ``of`` waits for a play's outcome, or raises what ended it. A play may ask for the outcome of one that is listed
    before it. ``alone``: the others wait until that one says ``let_others_begin``, so that its times are those of a
    machine that does nothing else. The ground closes with this.
    """

    def __init__(
        self, *, plays: Iterable[Callable[[Stand], Any]], folder: Path, alone: Callable[[Stand], Any] | None = None
    ) -> None:
        self._plays = list(dict.fromkeys(plays))
        self._alone = alone
        self._others_may_begin = Event()
        self._folder = folder
        self._stack = ExitStack()
        self._running: dict[Callable[[Stand], Any], Future[Any]] = {}
        self._lock = Lock()

    def of(self, play: Callable[[Stand], T]) -> T:
        with self._lock:
            if not self._running:
                self._begin()
        outcome: T = self._running[play].result()
        return outcome

    def _begin(self) -> None:
        ground = self._stack.enter_context(Ground(folder=self._folder))
        pool = ThreadPoolExecutor(max_workers=SIDE_BY_SIDE, thread_name_prefix="play")
        self._stack.callback(pool.shutdown, wait=False, cancel_futures=True)
        stand = _Stand(ground=ground, plays=self, others_may_begin=self._others_may_begin)
        if self._alone not in self._plays:
            self._others_may_begin.set()
        for play in self._plays:
            self._running[play] = pool.submit(self._play, play, stand)

    def _play(self, play: Callable[[Stand], Any], stand: Stand) -> Any:
        try:
            if play is not self._alone:
                self._others_may_begin.wait()
            return play(stand)
        finally:
            if play is self._alone:
                self._others_may_begin.set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()


class Stand(Protocol):
    """What a play is given."""

    @property
    def ground(self) -> Ground: ...

    def let_others_begin(self) -> None:
        """Of the play that runs alone: what comes now may take as long as it likes."""

    def outcome(self, play: Callable[[Stand], T]) -> T:
        """Of a play that was begun before."""


class _Stand:
    def __init__(self, *, ground: Ground, plays: Plays, others_may_begin: Event) -> None:
        self.ground = ground
        self._plays = plays
        self._others_may_begin = others_may_begin

    def let_others_begin(self) -> None:
        self._others_may_begin.set()

    def outcome(self, play: Callable[[Stand], T]) -> T:
        return self._plays.of(play)
