"""One workplace for a module: what the SDK loads is loaded once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.fuzz.program import Workplace, workplace


@pytest.fixture(scope="module")
def place() -> Iterator[Workplace]:
    with workplace() as found:
        yield found
