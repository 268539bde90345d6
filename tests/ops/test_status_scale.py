"""Load against target, bounds, and what changes them next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ops.status.load import Load
from ops.status.scale import Change, Scale, lines, load_of, market_of, next_run

NOW = datetime(2026, 11, 30, 12, 0, tzinfo=UTC)  # a Monday
SAID = Load(at=NOW, up=True, running=6, waiting=2, kv_cache_used=0.4)


@pytest.mark.parametrize(
    ("load", "planned", "signal", "expected"),
    [
        (SAID, 16, "in_flight", 0.5),
        (SAID, 4, "in_flight", 2.0),
        (SAID, None, "in_flight", None),
        (SAID, 16, "kv_cache", 0.4),
        (Load(at=NOW, up=False), 16, "in_flight", None),
        (None, 16, "in_flight", None),
    ],
)
def test_load_of_a_replica(load: Load | None, planned: int | None, signal: str, expected: float | None) -> None:
    assert load_of(load, planned_concurrency=planned, signal=signal) == expected


def test_bounds_and_what_changes_them() -> None:
    change = Change(name="office-start", at=NOW + timedelta(hours=3), least=2, most=None)
    scale = Scale(least=1, most=4, target=0.75, change=change)
    assert lines(scale, loads=[0.5, 1.0], now=NOW) == [
        "load per replica 0.75, target 0.75 (requests against those planned)",
        "bounds now 1 to 4; 2 to 4 from 2026-11-30 15:00 UTC (in 3 h 0 min), by office-start",
    ]
    assert lines(scale, loads=[], now=NOW)[0].startswith("load per replica unknown, ")


def test_a_fixed_number_has_no_line() -> None:
    assert lines(Scale(least=2, most=2), loads=[0.5], now=NOW) == []


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ({"StartTime": NOW + timedelta(hours=1), "Recurrence": "0 8 * * *"}, NOW + timedelta(hours=1)),
        ({"StartTime": NOW - timedelta(days=1), "Recurrence": "0 18 * * *"}, NOW + timedelta(hours=6)),
        ({"Recurrence": "0 18 * * 1-5", "TimeZone": "Europe/Berlin"}, NOW + timedelta(hours=5)),
        ({"Recurrence": "0 8 * * 0", "TimeZone": "Etc/UTC"}, datetime(2026, 12, 6, 8, 0, tzinfo=UTC)),
        ({"StartTime": NOW - timedelta(days=1)}, None),
        ({"Recurrence": "never"}, None),
        ({"Recurrence": "0 8 * * *", "TimeZone": "Mars/Olympus"}, None),
    ],
)
def test_when_an_action_runs_next(action: dict[str, Any], expected: datetime | None) -> None:
    assert next_run(action, now=NOW) == expected


@pytest.mark.parametrize(
    ("machine", "market"),
    [
        ({"InstanceId": "i-1"}, "on demand"),
        ({"InstanceId": "i-1", "InstanceLifecycle": "spot"}, "spot"),
        ({"InstanceId": "i-1", "InstanceLifecycle": "capacity-block"}, "capacity block"),
        ({"InstanceId": "i-1", "CapacityReservationId": "cr-1"}, "on demand, cr-1"),
        ({}, "?"),
    ],
)
def test_how_a_machine_was_given(machine: dict[str, str], market: str) -> None:
    assert market_of(machine) == market
