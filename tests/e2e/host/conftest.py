"""Booted hosts: each test file has a ``play``, or looks at one of ``lives.py``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rehearsal.host import needs
from tests.e2e.host.lives import first
from tests.e2e.host.plays import Plays
from tests.e2e.support import need

HERE = Path(__file__).resolve().parent
_running: pytest.StashKey[Plays] = pytest.StashKey()


@pytest.fixture(scope="session")
def plays(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Plays:
    missing = needs.missing()
    need(not missing, "; ".join(f"no {what}: {reason}" for what, reason in missing.items()))
    modules = {item.module: None for item in request.session.items if isinstance(item, pytest.Function)}
    # One that is never idle slows all others down, so it begins last.
    ordered = sorted(modules, key=lambda module: getattr(module, "NEVER_IDLE", False))
    wanted = [play for module in ordered for play in getattr(module, "PLAYS", ())]
    # Lives with a vLLM take longest, so they begin first.
    wanted.sort(key=lambda play: not play.__module__.endswith("lives"))
    plays = Plays(plays=wanted, folder=tmp_path_factory.mktemp("consoles"), alone=first)
    request.session.stash[_running] = plays
    return plays


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """The engine and the emulated AWS end with the last test that looks at a host, not with the session."""
    yield
    if nextitem is None or HERE not in nextitem.path.parents:
        plays = item.session.stash.get(_running, None)
        if plays is not None:
            plays.__exit__(None, None, None)


@pytest.fixture
def seen(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Notes what was seen, with its numbers, for the table at the end."""

    def note(text: str) -> None:
        record_property("seen", text)

    return note
