"""A slot that has been served from: the next host takes it and downloads nothing."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.host.lives import first, second
from tests.e2e.host.plays import Plays

pytestmark = pytest.mark.e2e
PLAYS = (first, second)


def test_the_second_boot_from_a_kept_slot_downloads_nothing(plays: Plays, seen: Callable[[str], None]) -> None:
    before, life = plays.of(first), plays.of(second)
    seen(
        f"downloaded {life.downloaded} bytes (image, model), {life.hub_requests} requests to the hub; "
        f"the first boot {before.downloaded}"
    )
    assert life.downloaded == (0, 0)
    assert life.hub_requests == 0
    assert min(before.downloaded) > 0


def test_it_is_the_same_slot(plays: Plays) -> None:
    slots = [{volume for volume, held in taken.items() if held} for taken in plays.of(second).slots]
    assert len(slots[0]) == 1
    assert slots[0] == slots[1]
