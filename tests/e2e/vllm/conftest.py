from __future__ import annotations

from collections.abc import Callable

import pytest


@pytest.fixture
def seen(record_property: Callable[[str, object], None]) -> Callable[[str], None]:
    """Notes what was seen, with its numbers, for the table at the end."""

    def note(text: str) -> None:
        record_property("seen", text)

    return note
