"""When a schedule of an Auto Scaling group begins and ends: its times as AWS takes them, and when they come.

"Recurring schedules" (EC2 Auto Scaling user guide): traditional cron of five fields in a time zone of the IANA
database, daylight saving time followed. Left out of it: names, which cron takes outside of ranges and lists only, and
all that other crons add (seconds, L, #, ?, @daily).
"""

from __future__ import annotations

import difflib
import re
from datetime import date, datetime, time, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from cronsim import CronSim, CronSimError

FIELDS = ("minute", "hour", "day of month", "month", "day of week")
FIRST, LAST = date(2027, 1, 1), date(2028, 12, 31)
"""The days that are looked at: two years with a 29th of February, the same whenever a file is checked."""

_ITEM = re.compile(r"\*(?:/\d+)?|\d+(?:-\d+(?:/\d+)?)?")
_NAME = re.compile(r"[a-z]{3}", re.IGNORECASE)


def expression(value: str) -> str:
    fields = value.split()
    if len(fields) != len(FIELDS):
        more = "; AWS takes neither seconds nor years" if len(fields) > len(FIELDS) else ""
        raise ValueError(f"cron has five fields ({', '.join(FIELDS)}), and this has {len(fields)}{more}")
    if not fields[0].isdigit():
        raise ValueError("the minute is one number: bounds that change several times an hour outrun every cold start")
    for name, text in zip(FIELDS, fields, strict=True):
        for item in text.split(","):
            if not _ITEM.fullmatch(item):
                raise ValueError(_not_cron(name, item))
    try:
        CronSim(value, datetime.combine(FIRST, time()))
    except CronSimError as error:
        if _is_no_day(fields):
            return value  # the rules between keys say it, with the name of the schedule
        name = str(error).removeprefix("Bad ").replace("-", " ")
        raise ValueError(f"the {name} is out of range, or its range runs backwards") from None
    return value


def _not_cron(name: str, item: str) -> str:
    if _NAME.search(item):
        return f"{item!r} is not a number: write months as 1-12 and days as 0-6, Sunday being 0"
    return f"the {name} {item!r} is none of a number, *, a list (1,3), a range (1-5) or a step (*/2, 8-18/2)"


def _is_no_day(fields: list[str]) -> bool:
    """Whether all that is wrong is a day that none of the months has."""
    try:
        CronSim(" ".join((*fields[:2], "1", *fields[3:])), datetime.combine(FIRST, time()))
    except CronSimError:
        return False
    return all(1 <= int(number) <= 31 for number in re.findall(r"\d+", fields[2].split("/")[0]))


def time_zone(value: str) -> str:
    """Area/Place alone: AWS takes canonical names, which the likes of UTC and CET are not."""
    try:
        found = "/" in value and not value.startswith(("posix/", "right/")) and ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        found = False
    if not found:
        close = ["Etc/UTC"] if value.upper() in ("UTC", "GMT", "Z") else _close_zones(value)
        raise ValueError("this is not the name of a time zone" + (f"; did you mean {close[0]}?" if close else ""))
    return value


def _close_zones(value: str) -> list[str]:
    zones = sorted(zone for zone in available_timezones() if "/" in zone)
    by_place = [zone for zone in zones if zone.rpartition("/")[2].lower() == value.rpartition("/")[2].lower()]
    return by_place or difflib.get_close_matches(value, zones, n=1)


@lru_cache(maxsize=256)
def fires(cron: str, zone: str) -> tuple[int, ...]:
    """When it comes from FIRST to LAST, in minutes since 1970 in UTC; empty for a day that does not exist.

    A time that the change to summer time leaves out comes as much later, one that comes twice the first time.
    """
    try:
        wanted = CronSim(cron, datetime.combine(FIRST, time()))
    except CronSimError:
        return ()
    clock = [time(hour, minute) for hour in sorted(wanted.hours) for minute in sorted(wanted.minutes)]
    days = (day for day in _days() if day.month in wanted.months and wanted.match_day(day))
    here = ZoneInfo(zone)
    return tuple(int(datetime.combine(day, at, here).timestamp()) // 60 for day in days for at in clock)


def shown(minute: int, zone: str) -> str:
    """Date, time and zone of one of ``fires``."""
    return f"{datetime.fromtimestamp(60 * minute, ZoneInfo(zone)):%Y-%m-%d %H:%M} {zone}"


@cache
def _days() -> tuple[date, ...]:
    return tuple(FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1))
