"""An empty emulated AWS."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.aws.server import EmulatedAws


@pytest.fixture
def aws() -> Iterator[EmulatedAws]:
    with EmulatedAws() as running:
        yield running
