"""AWS answers the first calls of five actions that there were too many."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.host.flaky import THROTTLED, TIMES, flaky
from tests.e2e.host.plays import Plays

pytestmark = pytest.mark.e2e
PLAYS = (flaky,)


def test_the_boot_goes_on(plays: Plays, seen: Callable[[str], None]) -> None:
    outcome = plays.of(flaky)
    seen(f"throttled: {dict(outcome.refused)}; steps {outcome.steps}")
    assert outcome.refused == dict.fromkeys(THROTTLED, TIMES)
    assert {outcome.steps[step] for step in ("cache-slot", "container-store", "secrets", "image")} == {"ok"}


def test_one_launch_is_enough(plays: Plays) -> None:
    assert len(plays.of(flaky).launches) == 1
