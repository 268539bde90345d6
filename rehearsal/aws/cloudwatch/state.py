"""Which state a metric alarm is in. Pure.

User guide, "Alarm evaluation" and "Configuring how CloudWatch alarms treat missing data": an alarm looks at more data
points than its evaluation periods (the evaluation range). With enough real ones it goes by the most recent of these
and never asks what missing data means; with fewer, missing ones are filled in, "only as few times as possible".
"Avoiding premature transitions to alarm state": with missing data as ``missing`` it still rings when all real points
breach and the oldest is at least as old as DatapointsToAlarm. How far the range goes is not published but for an
example (5 for 3), which is followed here: two more. PutMetricAlarm, EvaluateLowSampleCountPercentile: ``ignore``
keeps the state while there are too few samples for the percentile, "10/(1-percentile)" above the median and
"10/percentile" below it.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rehearsal.aws.cloudwatch.data import Datum, percentile_share, statistic, within

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
Missing = Literal["missing", "ignore", "breaching", "notBreaching"]

EXTRA_POINTS = 2  # of the evaluation range, beyond the evaluation periods
_LEAST_PERIOD_S = 60
_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True, kw_only=True)
class AlarmRule:
    """What PutMetricAlarm says about one metric. ``state``: the one it is in now."""

    statistic: str
    comparison: str
    threshold: float
    period_s: int
    evaluation_periods: int
    datapoints_to_alarm: int
    missing: Missing = "missing"
    low_samples: Literal["evaluate", "ignore"] = "evaluate"
    state: State = "INSUFFICIENT_DATA"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """``points``: the values that were looked at, newest first, None where there was no data."""

    state: State
    reason: str
    points: tuple[float | None, ...]


def state_of(alarm: AlarmRule, datapoints: Sequence[Datum], now: float) -> Verdict:
    """The state at ``now`` (seconds of the same clock as the data), from what was measured until then.

    A period counts once it is over; periods end with the last whole minute.
    """
    end_s = math.floor(now / _LEAST_PERIOD_S) * _LEAST_PERIOD_S
    periods = [
        within(datapoints, end_s - (age + 1) * alarm.period_s, end_s - age * alarm.period_s)
        for age in range(alarm.evaluation_periods + EXTRA_POINTS)
    ]
    points = tuple(statistic(data, alarm.statistic) for data in periods)
    if alarm.low_samples == "ignore" and _too_few(periods, alarm):
        return Verdict(state=alarm.state, reason="Too few samples for the percentile", points=points)
    state = _judge(alarm, points)
    return Verdict(state=state, reason=_reason(alarm, points, state), points=points)


def breaches(alarm: AlarmRule, value: float) -> bool:
    """Whether one value is a bad one. KeyError for a comparison that the emulator does not know."""
    return _COMPARE[alarm.comparison](value, alarm.threshold)


def _judge(alarm: AlarmRule, points: Sequence[float | None]) -> State:
    real = [(age, breaches(alarm, value)) for age, value in enumerate(points) if value is not None]
    wanted, needed = alarm.evaluation_periods, alarm.datapoints_to_alarm
    if len(real) >= wanted:
        return "ALARM" if sum(bad for _, bad in real[:wanted]) >= needed else "OK"
    bad = sum(bad for _, bad in real)
    if alarm.missing == "breaching":
        bad += wanted - len(real)
    if bad >= needed:
        return "ALARM"
    if alarm.missing in ("breaching", "notBreaching"):
        return "OK"
    if not real:
        return alarm.state if alarm.missing == "ignore" else "INSUFFICIENT_DATA"
    if all(bad for _, bad in real) and real[-1][0] + 1 >= needed:
        return alarm.state if alarm.missing == "ignore" else "ALARM"
    return "OK"


def _too_few(periods: Sequence[Sequence[Datum]], alarm: AlarmRule) -> bool:
    share = percentile_share(alarm.statistic)
    if share is None or not 0 < share < 1:
        return False
    wanted = 10 / (1 - share) if share >= 0.5 else 10 / share
    counts = [sum(datum.count for datum in data) for data in periods[: alarm.evaluation_periods] if data]
    return any(count < wanted for count in counts)


def _reason(alarm: AlarmRule, points: Sequence[float | None], state: State) -> str:
    real = [value for value in points if value is not None][: alarm.evaluation_periods]
    shown = ", ".join(f"{value:g}" for value in real) or "none"
    word = {"ALARM": "Threshold Crossed", "OK": "Threshold not crossed"}.get(state, "Insufficient Data")
    return (
        f"{word}: data points of the last {alarm.evaluation_periods} x {alarm.period_s} s, newest first: {shown}; "
        f"{alarm.comparison} {alarm.threshold:g} in {alarm.datapoints_to_alarm}; missing data: {alarm.missing}."
    )
