"""When schedules come, and which of them collide: across time zones, and on the days on which their clocks change."""

from __future__ import annotations

from typing import Any

import pytest

from config.cron import fires, shown
from config.errors import Problem
from config.parse import parse
from tests.config.bad_fleet_input import OFFICE

GOOD = {"aws:region": "us-east-1", "vllm:model": "a/b"}
BERLIN, NEW_YORK = {"timeZone": "Europe/Berlin"}, {"timeZone": "America/New_York"}


def problems(*changes: dict[str, Any]) -> tuple[Problem, ...]:
    scaling = {"schedules": [{**OFFICE, "name": f"s{index}", **each} for index, each in enumerate(changes)]}
    return parse(stack="dev", raw={**GOOD, "vllm:scaling": scaling}).problems


def test_a_time_follows_the_clock_of_its_zone() -> None:
    summer, winter = (
        [shown(minute, "Etc/UTC") for minute in fires("30 9 1 7,12 *", zone)][:2]
        for zone in ("Europe/Berlin", "Etc/UTC")
    )
    assert summer == ["2027-07-01 07:30 Etc/UTC", "2027-12-01 08:30 Etc/UTC"]
    assert winter == ["2027-07-01 09:30 Etc/UTC", "2027-12-01 09:30 Etc/UTC"]


def test_a_time_that_the_clock_leaves_out_comes_later_and_one_that_comes_twice_comes_once() -> None:
    spring = [shown(minute, "Europe/Berlin") for minute in fires("30 2 28 3 *", "Europe/Berlin")]
    autumn = [shown(minute, "Etc/UTC") for minute in fires("30 2 31 10 *", "Europe/Berlin")]
    assert spring[0] == "2027-03-28 03:30 Europe/Berlin"
    assert autumn == ["2027-10-31 00:30 Etc/UTC", "2028-10-31 01:30 Etc/UTC"]


def test_day_of_month_and_day_of_week_both_given_are_either() -> None:
    days = [shown(minute, "Etc/UTC")[:10] for minute in fires("0 0 1 1 1", "Etc/UTC")]
    assert days[:3] == ["2027-01-01", "2027-01-04", "2027-01-11"]


def test_a_day_that_does_not_exist_never_comes() -> None:
    assert fires("0 0 30 2 *", "Etc/UTC") == ()
    assert len(fires("0 0 29 2 *", "Etc/UTC")) == 1


def test_two_zones_that_change_their_clocks_on_other_days_collide_in_between() -> None:
    """New York is 6 hours behind Berlin, but 5 in the weeks in which only one of them has summer time."""
    (problem,) = problems(BERLIN, {"start": "30 12 * * *", "end": "59 12 * * *", **NEW_YORK})
    assert "first at 2027-03-15 12:30 America/New_York" in problem.message
    assert problems(BERLIN, {"start": "30 13 * * *", "end": "59 13 * * *", **NEW_YORK}) == ()


def test_every_pair_is_named_and_only_once() -> None:
    found = problems({}, {"start": "0 9 * * *"}, {"start": "0 10 * * *"})
    assert [problem.message.partition(" collide")[0] for problem in found] == ["s0 and s1", "s0 and s2", "s1 and s2"]


def test_an_end_in_the_middle_of_another_schedule_collides_too() -> None:
    """Its own start has come long before: what it puts back are the bounds of ``scaling``."""
    (problem,) = problems({}, {"start": "0 2 * * 1", "end": "0 12 * * 1"})
    assert "first at 2027-01-04 08:00" in problem.message


@pytest.mark.parametrize("minutes", [1, 2])
def test_a_minute_between_them_is_enough(minutes: int) -> None:
    assert problems({}, {"start": f"{minutes} 18 * * 1-5", "end": "0 20 * * 1-5"}) == ()
