"""A fleet whose hosts are played."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.aws.server import EmulatedAws
from tests.rehearsal.aws.cloud import Cloud


@pytest.fixture
def played() -> Iterator[Cloud]:
    with EmulatedAws() as aws:
        yield Cloud(aws)
