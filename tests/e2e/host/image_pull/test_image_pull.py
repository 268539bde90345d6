"""Two pulls of the image fail, the third one works."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.host.flaky import FAILED_PULLS, flaky
from tests.e2e.host.plays import Plays

pytestmark = pytest.mark.e2e
PLAYS = (flaky,)


def test_the_boot_goes_on_with_the_third_pull(plays: Plays, seen: Callable[[str], None]) -> None:
    outcome = plays.of(flaky)
    seen(f"{outcome.failed_pulls} pulls failed, step image ok after {outcome.seconds['image']:.0f} s")
    assert outcome.failed_pulls == FAILED_PULLS
    assert outcome.steps["image"] == "ok"
    assert any("docker pull" in reason for reason in outcome.waited)
