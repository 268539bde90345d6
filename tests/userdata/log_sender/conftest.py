from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.userdata.log_sender.stage import Stage, make_stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    stage = make_stage(tmp_path)
    yield stage
    stage.sender.follow.close()
