"""A stack that is well, for each test its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.server import EmulatedAws
from tests.ops.deployed_stack import make_folder
from tests.ops.doctor.clinic import Clinic, sources
from tests.ops.sources import serving
from tests.rehearsal.aws.cloud import Cloud


@pytest.fixture
def clinic(tmp_path: Path) -> Iterator[Clinic]:
    waits, made = ManualClock(), sources()
    with EmulatedAws(play_host=False, waits=waits) as aws, serving(made):
        environment = {**aws.environment(), "HF_ENDPOINT": f"http://{made.address}"}
        folder = make_folder(tmp_path, outputs=None, environment=environment)
        yield Clinic.of(cloud=Cloud(aws), folder=folder, sources=made, waits=waits)
