"""HuggingFace answers 429 and says when to come again."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.host.flaky import BUSY_HUB, RETRY_AFTER_S, flaky
from tests.e2e.host.plays import Plays

pytestmark = pytest.mark.e2e
PLAYS = (flaky,)


def test_the_download_waits_as_long_as_it_is_told_and_goes_on(plays: Plays, seen: Callable[[str], None]) -> None:
    outcome = plays.of(flaky)
    told = [line for line in outcome.console if "429" in line]
    seen(f"{outcome.hub_refused} requests got 429; step model-files ok after {outcome.seconds['model-files']:.0f} s")
    assert outcome.steps["model-files"] == "ok"
    assert outcome.hub_refused == BUSY_HUB
    assert told, "nothing says what the download waits for"
    assert outcome.seconds["model-files"] >= RETRY_AFTER_S
    assert outcome.downloaded[1] > 10**5
