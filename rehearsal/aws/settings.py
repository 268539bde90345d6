"""How the emulated AWS behaves where that is a choice: the speed of its waits and who plays the hosts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal

from rehearsal.aws.clock import Clock, ScaledClock
from rehearsal.aws.shortages import Shortages

HookResult = Literal["CONTINUE", "ABANDON"]


@dataclass(frozen=True, kw_only=True)
class Guest:
    """What a played host knows while a hook waits for it; ``waited_s`` is in seconds of ``heartbeats``."""

    instance_id: str
    availability_zone: str
    launch_template_version: str
    user_data: str
    transition: Literal["launching", "terminating"]
    waited_s: float


Host = Callable[[Guest], HookResult | Literal["HEARTBEAT"] | None]
"""Plays a host: the result with which it completes the hook; HEARTBEAT while it is at work and says so; None while
nothing is heard of it."""


def healthy_host(_guest: Guest) -> HookResult | None:
    """A host on which everything works at once."""
    return "CONTINUE"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """``waits`` times what AWS itself waits for (warm-up, deregistration delay, health thresholds),
    ``heartbeats`` the timeouts of lifecycle hooks: a real booted host needs those in real time while the
    waits may be short. ``host`` completes the hooks; None leaves that to somebody who calls the API. CloudWatch's time,
    of which alarms are made, is ``started`` and what has passed on ``wall`` since. ``shortages``: what is sold out.
    """

    waits: Clock = field(default_factory=ScaledClock)
    heartbeats: Clock = field(default_factory=ScaledClock)
    host: Host | None = healthy_host
    wall: Clock = field(default_factory=ScaledClock)
    shortages: Shortages = field(default_factory=Shortages)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))

    def now(self) -> datetime:
        """What a clock on the wall shows, in UTC."""
        return self.started + timedelta(seconds=self.wall.seconds())
