"""The moving part of the emulated AWS: what happens between two requests."""

from __future__ import annotations

from threading import RLock
from typing import ClassVar, Self

from rehearsal.aws.settings import Settings


class World:
    """Advances everything that AWS does by itself, as far as the clocks have come.

    It moves when somebody looks: each request first makes one step. Nothing runs in the background, and what
    a caller polls for comes true while it polls. moto's state is per process, so the running world is, too.
    """

    current: ClassVar[World | None] = None

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.lock = RLock()

    @classmethod
    def start(cls, settings: Settings) -> Self:
        world = cls(settings)
        World.current = world
        return world

    @classmethod
    def stop(cls) -> None:
        World.current = None

    def step(self) -> None:
        """One step of every group."""
