"""When a composite alarm with a suppressor acts. Pure.

User guide, "Suppressing composite alarm actions": a change of the composite's state starts the wait period; a
suppressor in ALARM discards that and stops the actions; when it leaves ALARM, the extension period starts; a change
meanwhile discards that one and starts a wait period. "Composite alarms take actions that are based on their currents
states when ExtensionPeriod and WaitPeriod become inactive", also when the state has come back to what it was (its
example 3): the end of an alarm whose begin was never told is told. Whether a state that did not change is told again
is not written; here it is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from rehearsal.aws.cloudwatch.state import State

SuppressedBy = Literal["WaitPeriod", "ExtensionPeriod", "Alarm"]


@dataclass(frozen=True, kw_only=True)
class Silence:
    """``due``: the state has changed and its actions have not happened. ``until_s``: when the period ends."""

    seen: State
    due: bool = False
    by: SuppressedBy | None = None
    until_s: float | None = None


@dataclass(frozen=True, kw_only=True)
class Periods:
    """Both in seconds."""

    wait_s: float
    extension_s: float


def advance(
    silence: Silence, *, state: State, suppressor: State, periods: Periods, now_s: float
) -> tuple[Silence, bool]:
    """What holds at ``now_s``, and whether the actions of ``state`` happen now."""
    changed = state != silence.seen
    silence = replace(silence, seen=state, due=silence.due or changed)
    if suppressor == "ALARM":
        return replace(silence, by="Alarm", until_s=None), False
    if changed:
        silence = replace(silence, by="WaitPeriod", until_s=now_s + periods.wait_s)
    elif silence.by == "Alarm":
        silence = replace(silence, by="ExtensionPeriod", until_s=now_s + periods.extension_s)
    if silence.until_s is not None and now_s < silence.until_s:
        return silence, False
    return Silence(seen=state), silence.due
