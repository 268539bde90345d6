"""systemd and cloud-init themselves find nothing to say against units and user data."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.host.lives import first
from tests.e2e.host.plays import Plays

pytestmark = pytest.mark.e2e
PLAYS = (first,)


def test_units_verify(plays: Plays) -> None:
    assert plays.of(first).serving.lint["systemd-analyze verify"] == ""


def test_user_data_is_valid(plays: Plays, seen: Callable[[str], None]) -> None:
    said = plays.of(first).serving.lint["cloud-init schema"]
    seen(said)
    assert "Valid" in said
    assert "failed" not in said
    assert "Invalid" not in said
