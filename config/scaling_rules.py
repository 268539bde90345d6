"""Rules between the keys of ``scaling``: bounds, and schedules that would undo one another."""

from __future__ import annotations

from collections.abc import Iterator
from heapq import merge
from itertools import groupby, islice, starmap
from typing import NamedTuple

from config.cron import FIRST, LAST, fires, shown
from config.errors import Problem
from config.models import StackConfig
from config.scaling import Scaling, Schedule

EVENTS_MAX = 100_000  # 20 schedules that begin each day have 29,000 in two years
APART = "0 18 * * 1-5"


class _Event(NamedTuple):
    """``at``: in minutes since 1970; ``number``: of the schedule."""

    at: int
    number: int
    begins: bool


def min_at_most_max(config: StackConfig) -> Iterator[Problem]:
    """Of ``scaling`` and of each schedule."""
    scaling = config.scaling
    rows = [("", scaling.min, scaling.max)]
    rows += [(f"schedules[{index}].", each.min, each.max) for index, each in enumerate(scaling.schedules)]
    for place, low, high in rows:
        if high is not None and low > high:
            yield Problem(
                path=f"vllm:scaling.{place}min",
                given=str(low),
                allowed=f"0 to scaling.{place}max, which is {high}",
                example=str(high),
                message=f"min {low} is above max {high}: lower min or raise max",
            )


def idle_minutes_say_something(config: StackConfig) -> Problem | None:
    scaling = config.scaling
    if "idle_minutes" not in scaling.model_fields_set or 0 in _minima(scaling):
        return None
    return Problem(
        path="vllm:scaling.idleMinutes",
        given=str(scaling.idle_minutes),
        allowed="nothing, where min is 1 or more",
        example="min: 0",
        message="the last replica ends only with min: 0; set that, or leave the key out",
    )


def _minima(scaling: Scaling) -> tuple[int, ...]:
    return (scaling.min, *(each.min for each in scaling.schedules))


def schedules_have_their_own_names(config: StackConfig) -> Iterator[Problem]:
    names = [each.name for each in config.scaling.schedules]
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Problem(
                path=f"vllm:scaling.schedules[{index}].name",
                given=name,
                allowed="a name that no other schedule has",
                example=f"{name[:28]}-2",
                message=f"schedules[{names.index(name)}] has it already, and AWS keeps one action of a name",
            )


def schedules_come(config: StackConfig) -> Iterator[Problem]:
    for index, each in enumerate(config.scaling.schedules):
        for key, cron in (("start", each.start), ("end", each.end)):
            if not fires(cron, each.time_zone):
                yield Problem(
                    path=f"vllm:scaling.schedules[{index}].{key}",
                    given=cron,
                    allowed="a time that comes",
                    example="0 8 * * 1-5" if key == "start" else APART,
                    message=f"it never comes ({FIRST.year} to {LAST.year} were looked at): no such month has that day",
                )


def schedules_are_apart(config: StackConfig) -> Iterator[Problem]:
    """Each pair of schedules with the first time at which they meet, and each that ends as it starts.

    AWS refuses two scheduled actions of one group at one time ("A scheduled action must have a unique time value"), and
    the end of one schedule would put back the bounds of ``scaling`` in the middle of the other.
    """
    schedules = config.scaling.schedules
    running: set[int] = set()
    told: set[tuple[int, int]] = set()
    for at, group in groupby(islice(merge(*starmap(_events, enumerate(schedules))), EVENTS_MAX), key=_time_of):
        events = list(group)
        now = {each.number for each in events}
        pairs = {(one, other) for one in now for other in (now | running) - {one}}
        pairs |= {(index, index) for index in now if sum(each.number == index for each in events) > 1}
        for pair in sorted({(min(pair), max(pair)) for pair in pairs} - told):
            told.add(pair)
            yield _problem(schedules, *pair, at=at)
        running -= {each.number for each in events if not each.begins}
        running |= {each.number for each in events if each.begins}


def _time_of(event: _Event) -> int:
    return event.at


def _events(index: int, schedule: Schedule) -> list[_Event]:
    found = [_Event(at, index, begins=True) for at in fires(schedule.start, schedule.time_zone)]
    found += [_Event(at, index, begins=False) for at in fires(schedule.end, schedule.time_zone)]
    return sorted(found)


def _problem(schedules: tuple[Schedule, ...], one: int, other: int, *, at: int) -> Problem:
    first, second = schedules[one], schedules[other]
    when = shown(at, second.time_zone)
    if one == other:
        return Problem(
            path=f"vllm:scaling.schedules[{one}].end",
            given=f"{first.name}: {first.start} to {first.end}",
            allowed="another time than start",
            example=APART,
            message=f"{first.name} starts and ends at the same minute, first at {when}, and AWS refuses two scheduled "
            "actions at one time: end it later",
        )
    return Problem(
        path=f"vllm:scaling.schedules[{other}].start",
        given=f"{_shown(first)}; {_shown(second)}",
        allowed="schedules that neither overlap nor meet at the same minute",
        example=f"start: {APART}",
        message=f"{first.name} and {second.name} collide, first at {when}: one would undo the other's bounds, and AWS "
        "refuses two scheduled actions at one time. Leave a minute between them",
    )


def _shown(schedule: Schedule) -> str:
    return f"{schedule.name}: {schedule.start} to {schedule.end} {schedule.time_zone}"
