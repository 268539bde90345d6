from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.userdata.agent.stage import Stage, staged


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with staged(tmp_path / "host") as stage:
        yield stage


@pytest.fixture
def joined(stage: Stage) -> Stage:
    """One whose agent has seen it serve."""
    (stage.host.path("run") / "agent-joined").touch()
    stage.pass_s(15)
    return stage
