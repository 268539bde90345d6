"""Between which bounds the number of replicas is, what changes them next, and how loaded the replicas are. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from ops.columns import length
from ops.status.load import Load

IN_FLIGHT = "in_flight"
BY_CLOCK = "Etc/UTC"
"""Of a scheduled action without a time zone."""
MARKETS = {"spot": "spot", "capacity-block": "capacity block", "scheduled": "reserved"}
"""EC2's InstanceLifecycle; "on-demand" has none."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """Other bounds from ``at`` on; None: that one stays."""

    name: str
    at: datetime
    least: int | None
    most: int | None


@dataclass(frozen=True, kw_only=True)
class Scale:
    """``target``: of the load of a replica, in the unit of ``signal``; None where the number does not follow it."""

    least: int
    most: int
    signal: str = IN_FLIGHT
    target: float | None = None
    change: Change | None = None


def load_of(load: Load | None, *, planned_concurrency: int | None, signal: str) -> float | None:
    """Of one replica, 1 is full: requests that run and wait by those planned, or the used part of the KV cache."""
    if load is None:
        return None
    if signal != IN_FLIGHT:
        return load.kv_cache_used
    if load.running is None or load.waiting is None or not planned_concurrency:
        return None
    return (load.running + load.waiting) / planned_concurrency


def lines(scale: Scale, *, loads: Sequence[float], now: datetime) -> list[str]:
    """For people: load against target, and bounds."""
    found = []
    if scale.target is not None:
        what = "requests against those planned" if scale.signal == IN_FLIGHT else "used part of the KV cache"
        average = f"{sum(loads) / len(loads):.2f}" if loads else "unknown"
        found.append(f"load per replica {average}, target {scale.target:g} ({what})")
    change = scale.change
    if scale.target is not None or change is not None or scale.least != scale.most:
        text = f"bounds now {scale.least} to {scale.most}"
        if change is not None:
            low = scale.least if change.least is None else change.least
            high = scale.most if change.most is None else change.most
            until = length((change.at - now).total_seconds())
            text += f"; {low} to {high} from {change.at:%Y-%m-%d %H:%M} UTC (in {until}), by {change.name}"
        found.append(text)
    return found


def next_run(action: Mapping[str, Any], *, now: datetime) -> datetime | None:
    """Of a scheduled action: "StartTime: the date and time in UTC for this action to start", which of one that recurs
    is its next; by its recurrence where AWS does not say. None when there is none."""
    start = action.get("StartTime")
    if isinstance(start, datetime) and start > now:
        return start
    recurrence = action.get("Recurrence")
    if not recurrence:
        return None
    try:
        zone = ZoneInfo(action.get("TimeZone") or BY_CLOCK)
        return next(CronSim(recurrence, now.astimezone(zone))).astimezone(UTC)
    except (CronSimError, StopIteration, LookupError, ValueError):
        return None


def market_of(machine: Mapping[str, Any]) -> str:
    """How EC2 gave the machine; a reservation is on demand by its price and named."""
    if not machine:
        return "?"
    lifecycle = machine.get("InstanceLifecycle")
    if lifecycle:
        return MARKETS.get(lifecycle, str(lifecycle))
    reservation = machine.get("CapacityReservationId")
    return f"on demand, {reservation}" if reservation else "on demand"
