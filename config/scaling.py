"""How many replicas there are and when: the sections of ``scaling`` and their types."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from config import cron
from config import types as t
from config.section import Section
from config.types import Says

SCHEDULES_MAX = 20
NEVER_GPU = (
    "replicas are never added for GPU utilisation: it is near 100% as soon as one request runs, so it tells neither "
    "how many more a replica takes nor whether any wait; take in_flight"
)


def _signal(value: object) -> object:
    """Before the choice is checked: what many ask for first, and why it is none."""
    if isinstance(value, str) and any(word in value.lower() for word in ("gpu", "util", "cpu")):
        raise ValueError(NEVER_GPU)
    return value


ScheduleName = Annotated[
    str,
    Field(pattern=r"^[a-z][a-z0-9-]{0,30}$"),
    Says("1 to 31 small letters, digits and -, a letter first", "office-hours"),
]
Cron = Annotated[
    str,
    AfterValidator(cron.expression),
    Says(
        'cron as in "0 8 * * 1-5": one minute, then hour, day of month, month and day of week, each a number, *, a '
        "list, a range or a step",
        '"0 8 * * 1-5"',
    ),
]
TimeZone = Annotated[
    str,
    AfterValidator(cron.time_zone),
    Says("the name of a time zone in the IANA database, Area/Place", "Europe/Berlin"),
]
Least = Annotated[int, Field(ge=0, le=1000), Says("a whole number of replicas, 0 to 1000", "1")]
Signal = Annotated[
    Literal["in_flight", "kv_cache"],
    BeforeValidator(_signal),
    Says("in_flight (running and waiting requests) or kv_cache (its used part)", "in_flight"),
]
Target = Annotated[
    float,
    Field(ge=0.1, le=1, allow_inf_nan=False),
    Says("a part of what a replica holds: 0.1 to 1", "0.75"),
]
IdleMinutes = Annotated[int, Field(ge=5, le=1440), Says("a whole number of minutes, 5 to 1440", "30")]
BakeMinutes = Annotated[int, Field(ge=0, le=60), Says("a whole number of minutes, 0 to 60", "10")]


class Schedule(Section):
    """Other bounds from `start` to `end`; outside of every schedule those of `scaling` hold."""

    name: ScheduleName
    """What AWS calls it."""
    start: Cron
    """When its bounds begin to hold."""
    end: Cron
    """When they cease to."""
    time_zone: TimeZone = "Etc/UTC"
    """Of both times; daylight saving time is followed."""
    min: Least
    """Replicas that always run meanwhile."""
    max: t.Replicas | None = None
    """The most meanwhile; as many as `min` otherwise, at least 1."""


class Scaling(Section):
    """How many replicas there are."""

    min: Least = 1
    """Replicas that always run; with 0 the first request after a pause is refused and starts one."""
    max: t.Replicas | None = None
    """The most replicas; as many as `min` otherwise, at least 1."""
    signal: Signal = "in_flight"
    """What replicas are added for: requests against those that the plan has at once, or the KV cache."""
    target: Target = 0.75
    """How full the average replica is to be."""
    idle_minutes: IdleMinutes = 30
    """With `min: 0`: without a request for so long, the last replica ends."""
    schedules: Annotated[
        tuple[Schedule, ...],
        Field(strict=False, max_length=SCHEDULES_MAX),
        Says(
            f"at most {SCHEDULES_MAX} schedules, of which no two overlap",
            '[{name: office-hours, start: "0 8 * * 1-5", end: "0 18 * * 1-5", min: 2}]',
        ),
    ] = ()
    """Other bounds at certain times."""
    strategy: (
        Annotated[
            Literal["launch_first", "terminate_first"],
            Says("launch_first or terminate_first", "launch_first"),
        ]
        | None
    ) = None
    """On a change: the new host before the old one ends, which takes one machine more; or after, where there is no
    such machine. `terminate_first` with a Capacity Block, `launch_first` otherwise."""
    bake_minutes: BakeMinutes = 10
    """On a change: how long each new host is watched before it counts; an alarm meanwhile calls the change back."""
