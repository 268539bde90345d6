"""Whether this host is about to end, and how long it may drain. Pure. From the instance metadata:

``autoscaling/target-lifecycle-state`` is Terminated once the group wants the instance gone. ``spot/instance-action``
appears about two minutes before EC2 takes the instance, as ``{"action": "terminate", "time": "2026-11-24T15:04:05Z"}``.
``events/recommendations/rebalance`` says that an interruption has become likely, as ``{"noticeTime": "..."}``.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone

SPOT_DRAIN_S = 110  # 10 s until the load balancer knows, 100 s for the requests
RELEASE_S = 10  # kept for what follows the drain: unmount, detach


@dataclass(frozen=True, kw_only=True)
class Notice:
    """What the metadata say; None where they have no such item. ``keys``: a version, see ``keys.py``."""

    lifecycle: str | None = None
    spot: str | None = None
    rebalance: str | None = None
    keys: str | None = None


@dataclass(frozen=True, kw_only=True)
class Ending:
    """``cut_after_s``: when requests still running are cut, from now; None: vLLM's own limit holds."""

    cause: str
    is_spot: bool = False
    cut_after_s: float | None = None


def ending_of(notice: Notice, *, now: datetime) -> Ending | None:
    """The more urgent one first: of a spot instance that is terminated anyway, EC2 does not wait for the group."""
    if notice.spot is not None:
        left_s = seconds_to_drain(notice.spot, now=now)
        return Ending(cause="spot interruption", is_spot=True, cut_after_s=left_s)
    if notice.lifecycle == "Terminated":
        return Ending(cause="the group terminates this instance")
    return None


def seconds_to_drain(action: str, *, now: datetime) -> float:
    """From a spot notice; the full time when it cannot be read. The wall clock may be wrong: it never adds time."""
    try:
        time = datetime.strptime(str(json.loads(action)["time"]), "%Y-%m-%dT%H:%M:%SZ").replace(
            tzinfo=timezone.utc  # noqa: UP017 (hosts may have Python 3.10)
        )
    except (ValueError, TypeError, KeyError):
        return SPOT_DRAIN_S
    return min(max((time - now).total_seconds() - RELEASE_S, 0), SPOT_DRAIN_S)
