"""What alarms are called, who tells of them, and how that is shown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ops.alarms_seen import Seen, State, Watched, id_of, listing, not_told, one_per_message
from ops.columns import length

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)


def seen(alarm_id: str, *, state: State = "OK", acts: bool = True, rule: str = "", reason: str = "") -> Seen:
    since = NOW - timedelta(hours=2, minutes=5)
    return Seen(id=alarm_id, name=f"vllm-{alarm_id}", state=state, since=since, reason=reason, acts=acts, rule=rule)


@pytest.mark.parametrize(
    ("name", "stack", "expected"),
    [
        ("vllm-gpu-xid-1a2b3c4", "dev", "gpu-xid"),
        ("vllm-dev-boot-loop", "dev", "boot-loop"),
        ("vllm-dev-slow-tokens-told", "dev", "slow-tokens-told"),
        ("vllm-kv-cache-full-1a2b3c4", "kv", "kv-cache-full"),
        ("vllm-gpu-gpu-memory", "gpu", "gpu-memory"),
        ("somebody-elses", "dev", "somebody-elses"),
    ],
)
def test_an_id_is_found_in_a_physical_name(name: str, stack: str, expected: str) -> None:
    assert id_of(name, stack=stack) == expected


def test_children_are_named_by_name_or_arn() -> None:
    rule = 'ALARM("vllm-a") OR ALARM(arn:aws:cloudwatch:us-east-1:123456789012:alarm:vllm-b) AND NOT OK ( vllm-a )'
    assert seen("service-down", rule=rule).children == ("vllm-a", "vllm-b")


def test_the_composite_about_the_fewest_others_tells() -> None:
    alarm = seen("slow-tokens", acts=False)
    narrow = seen("slow-tokens-told", rule='ALARM("vllm-slow-tokens")')
    wide = seen("service-down", rule='ALARM("vllm-slow-tokens") OR ALARM("vllm-gpu-xid")')
    watched = Watched.of([wide, narrow, alarm])
    assert watched.teller(alarm) == narrow
    assert watched.shown == (wide, alarm)


def test_one_message_is_tested_once() -> None:
    down = seen("service-down", rule='ALARM("vllm-no-healthy-host") OR ALARM("vllm-all-stalled")')
    parts = [seen("no-healthy-host", acts=False), seen("all-stalled", acts=False)]
    watched = Watched.of([*parts, down, seen("gpu-xid")])
    assert [alarm.id for alarm in one_per_message(watched)] == ["service-down", "gpu-xid"]


def test_what_nothing_tells_of_is_said() -> None:
    alone = seen("gpu-xid", acts=False)
    assert not_told(alone, Watched.of([alone])) == "nothing tells of it"


def test_those_that_ring_come_first_and_long_reasons_are_cut() -> None:
    watched = Watched.of(
        [
            seen("service-down"),
            seen("gpu-memory", state="INSUFFICIENT_DATA"),
            seen("gpu-xid", state="ALARM", reason="Xid 79 " + "and so on " * 50),
        ]
    )
    head, first, second, third, total = listing(watched, now=NOW).splitlines()
    assert head.split() == ["alarm", "state", "since", "severity", "why"]
    assert [line.split()[0] for line in (first, second, third)] == ["gpu-xid", "gpu-memory", "service-down"]
    assert "RINGS    2 h 5 min ago  critical" in first
    assert first.endswith("...")
    assert "no data" in second
    assert total == "1 of 3 alarms rings"
    assert listing(Watched.of([seen("gpu-xid")]), now=NOW).endswith("none of 1 alarms rings")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [(-3, "0 s"), (0.4, "0 s"), (59, "59 s"), (60, "1 min"), (7500, "2 h 5 min"), (90_000, "1 d 1 h")],
)
def test_a_length_is_in_its_two_largest_units(seconds: float, expected: str) -> None:
    assert length(seconds) == expected
