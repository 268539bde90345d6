"""What the metadata say about the end of a host."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from userdata.files.agent.ending import Ending, Notice, ending_of, seconds_to_drain

NOW = datetime(2026, 11, 24, 15, 0, 0, tzinfo=UTC)
SPOT = '{"action": "terminate", "time": "2026-11-24T15:01:58Z"}'
GROUP = Ending(cause="the group terminates this instance")
TAKEN = Ending(cause="spot interruption", is_spot=True, cut_after_s=108)


@pytest.mark.parametrize(
    ("notice", "ending"),
    [
        (Notice(), None),
        (Notice(lifecycle="InService"), None),
        (Notice(lifecycle="Standby"), None),
        (Notice(lifecycle="Terminated"), GROUP),
        (Notice(lifecycle="InService", spot=SPOT), TAKEN),
        (Notice(lifecycle="Terminated", spot=SPOT), TAKEN),
        # The group launches a replacement first, and its terminating state brings the drain.
        (Notice(lifecycle="InService", rebalance='{"noticeTime": "2026-11-24T14:59:00Z"}'), None),
    ],
)
def test_what_ends_a_host(notice: Notice, ending: Ending | None) -> None:
    assert ending_of(notice, now=NOW) == ending


@pytest.mark.parametrize(
    ("time", "left_s"),
    [
        ("2026-11-24T15:02:00Z", 110),  # as promised: two minutes, of which 10 s are kept
        ("2026-11-24T15:01:30Z", 80),  # seen late
        ("2026-11-24T15:00:05Z", 0),
        ("2026-11-24T14:00:00Z", 0),  # a wrong clock, or a long pause
        ("2026-11-24T16:00:00Z", 110),
    ],
)
def test_the_drain_ends_before_the_instance(time: str, left_s: float) -> None:
    assert seconds_to_drain(f'{{"action": "stop", "time": "{time}"}}', now=NOW) == left_s


@pytest.mark.parametrize("action", ["", "[]", "{}", '{"time": "soon"}', '{"time": null}'])
def test_a_notice_that_cannot_be_read_has_two_minutes(action: str) -> None:
    assert seconds_to_drain(action, now=NOW) == 110
