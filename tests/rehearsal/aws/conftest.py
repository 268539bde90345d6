"""An emulated AWS for a fleet, with clocks that the test moves."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.aws.clock import ManualClock
from rehearsal.aws.server import EmulatedAws
from rehearsal.aws.settings import Guest, HookResult
from tests.rehearsal.aws.cloud import Cloud


@pytest.fixture
def waits() -> ManualClock:
    return ManualClock()


@pytest.fixture
def heartbeats() -> ManualClock:
    return ManualClock()


@pytest.fixture
def cloud(waits: ManualClock, heartbeats: ManualClock) -> Iterator[Cloud]:
    """Nobody plays the hosts: the test completes their hooks."""
    with EmulatedAws(play_host=False, waits=waits, heartbeats=heartbeats) as aws:
        yield Cloud(aws)


@pytest.fixture
def played(waits: ManualClock, heartbeats: ManualClock) -> Iterator[Cloud]:
    """Hosts whose user data says "broken" fail their boot; all others are healthy at once."""

    def host(guest: Guest) -> HookResult | None:
        return "ABANDON" if guest.transition == "launching" and "broken" in guest.user_data else "CONTINUE"

    with EmulatedAws(host=host, waits=waits, heartbeats=heartbeats) as aws:
        yield Cloud(aws)
