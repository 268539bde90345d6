"""Lives that go on side by side, each in a process of its own: most of their time is the provider's fixed waits."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from types import TracebackType
from typing import Any, Self

import pytest

from rehearsal.engine.rig import Rig
from tests.e2e.front_life import FRONT, FrontLife, live_front
from tests.e2e.life import SCRIPTS, Life, live
from tests.e2e.private_life import PRIVATE_LIFE, PrivateLife, live_private
from tests.e2e.scaled_life import SCALED, ScaledLife, live_scaled
from tests.e2e.shape_life import SAMPLE, ShapeLife, live_shape
from tests.e2e.watched_life import WATCHED, WatchedLife, live_watched

FILES = {
    "test_changes.py": ("prod",),
    "test_engine.py": tuple(SCRIPTS),
    "test_engine_dev.py": ("dev",),
    "test_engine_front.py": (FRONT,),
    "test_engine_private.py": (PRIVATE_LIFE,),
    "test_engine_guarded.py": (WATCHED,),
    "test_engine_prod.py": ("prod",),
    "test_engine_prometheus.py": (WATCHED,),
    "test_engine_scaled.py": (SCALED,),
    "test_engine_shapes.py": tuple(SAMPLE),
    "test_review.py": ("prod",),
}
"""Which lives the tests of a file look at."""
AnyLife = Life | ShapeLife | WatchedLife | PrivateLife | FrontLife | ScaledLife
LONGEST_FIRST = ("prod", "dev", SCALED, WATCHED, FRONT, PRIVATE_LIFE, *SAMPLE)


def wanted_by(items: Iterable[pytest.Item]) -> list[str]:
    """The lives that these tests look at, the longest first: the last to end decides how long all take."""
    wanted = {life for item in items for life in FILES.get(item.path.name, ())}
    return [name for name in LONGEST_FIRST if name in wanted]


class Lives:
    """Begins them all; ``of`` and its like wait for one and raise what ended it."""

    def __init__(self, *, names: Iterable[str], rig: Rig, environ: Mapping[str, str]) -> None:
        # Spawned, not forked: this process has threads. And moto keeps one account per process.
        context = multiprocessing.get_context("spawn")
        # One process for each: none keeps its 400 MB while hosts boot.
        self._pool = ProcessPoolExecutor(max_workers=len(LONGEST_FIRST), mp_context=context, max_tasks_per_child=1)
        self._running: dict[str, Future[Any]] = {
            name: self._pool.submit(_live, name, rig, dict(environ)) for name in names
        }

    def of(self, name: str) -> Life:
        life = self._running[name].result()
        assert isinstance(life, Life)
        return life

    def of_shape(self, name: str) -> ShapeLife:
        life = self._running[name].result()
        assert isinstance(life, ShapeLife)
        return life

    def of_watched(self) -> WatchedLife:
        life = self._running[WATCHED].result()
        assert isinstance(life, WatchedLife)
        return life

    def of_front(self) -> FrontLife:
        life = self._running[FRONT].result()
        assert isinstance(life, FrontLife)
        return life

    def of_scaled(self) -> ScaledLife:
        life = self._running[SCALED].result()
        assert isinstance(life, ScaledLife)
        return life

    def of_private(self) -> PrivateLife:
        life = self._running[PRIVATE_LIFE].result()
        assert isinstance(life, PrivateLife)
        return life

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


def _live(name: str, rig: Rig, environ: Mapping[str, str]) -> AnyLife:
    os.environ.update(environ)
    if name == FRONT:
        return live_front(rig=rig, environ=environ)
    if name == PRIVATE_LIFE:
        return live_private(rig=rig, environ=environ)
    if name == SCALED:
        return live_scaled(rig=rig, environ=environ)
    if name == WATCHED:
        return live_watched(rig=rig, environ=environ)
    if name in SAMPLE:
        return live_shape(SAMPLE[name], rig=rig, environ=environ)
    return live(SCRIPTS[name], rig=rig, environ=environ)
