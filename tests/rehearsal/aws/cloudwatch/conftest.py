"""CloudWatch and a topic on a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.server import EmulatedAws
from tests.rehearsal.aws.cloudwatch.watched import Watched


@pytest.fixture
def watched() -> Iterator[Watched]:
    wall = ManualClock()
    with EmulatedAws(wall=wall, started=datetime(2026, 1, 5, 12, 0, 30, tzinfo=UTC)) as aws:
        yield Watched(aws=aws, wall=wall)
