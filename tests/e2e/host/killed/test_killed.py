"""vLLM is killed: systemd brings it back, and neither host nor group changes."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.host.lives import first, second
from tests.e2e.host.plays import Plays

pytestmark = pytest.mark.e2e
PLAYS = (first, second)


def test_it_is_back_in_service(plays: Plays, seen: Callable[[str], None]) -> None:
    life = plays.of(second)
    seen(f"completion again {life.back_after_s:.1f} s after SIGKILL; {life.restarts} restart by systemd")
    assert life.restarts == 1
    assert life.state_after_kill == "InService"


def test_the_group_launched_nothing_for_it(plays: Plays) -> None:
    assert plays.of(second).launches == 2
