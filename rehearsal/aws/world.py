"""The moving part of the emulated AWS: what happens between two requests."""

from __future__ import annotations

from collections.abc import Callable
from threading import RLock
from typing import ClassVar

from rehearsal.aws.settings import Settings

# Several states may be due at once; the bound keeps a fleet that never succeeds from holding up a request.
_MAX_STEPS = 12

Movement = Callable[[Settings], bool]


class World:
    """Advances everything that AWS does by itself, as far as the clocks have come.

    It moves when somebody looks: before each request everything that is due happens. Nothing runs in the
    background, and what a caller polls for comes true while it polls. moto's state is per process, so the
    running world is, too. ``lock`` guards that state: a request holds it, too.
    """

    _running: ClassVar[World | None] = None
    _movements: ClassVar[tuple[Movement, ...]] = ()

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lock = RLock()

    @classmethod
    def start(cls, settings: Settings) -> World:
        cls._running = cls(settings)
        return cls._running

    @classmethod
    def stop(cls) -> None:
        cls._running = None

    @classmethod
    def running(cls) -> World:
        """The world of this process; one with default settings where moto runs without EmulatedAws."""
        return cls._running or cls.start(Settings())

    @classmethod
    def add(cls, movement: Movement) -> None:
        """Let ``movement`` happen in every world; it returns whether it changed anything."""
        cls._movements = (*cls._movements, movement)

    def step(self) -> None:
        with self.lock:
            for _ in range(_MAX_STEPS):
                moved = [movement(self.settings) for movement in self._movements]
                if not any(moved):
                    return
