"""Stacks on one machine: each test file looks at one play."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

from rehearsal.engine.rig import find_rig, missing_tools
from tests.e2e.local.lives import LocalLives, missing, wanted_by
from tests.e2e.support import need


@pytest.fixture(scope="session")
def local_lives(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalLives]:
    tools = missing_tools(package="docker")
    need(find_rig(package="docker") is not None, "; ".join(f"no {tool.what}: {tool.how}" for tool in tools))
    need(missing() is None, str(missing()))
    folder = tmp_path_factory.mktemp("machines")
    lives = LocalLives(names=wanted_by(request.session.items), folder=folder)
    yield lives
    lives.close()
    shutil.rmtree(folder, ignore_errors=True)
