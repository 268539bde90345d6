"""When replicas come and go. Seconds."""

from __future__ import annotations

from config.scaling import Scaling, Schedule
from sizing.cold_start import blank_slot_s
from sizing.estimate import Range
from sizing.fleet_plan import ScalingPlan, SchedulePlan
from sizing.plan import ColdStart, Replicas

LOW_FLOOR_S = 900  # as long as the alarm that AWS makes for a target tracking policy
COOLDOWN_MORE_S = 300  # above a cold start: registration, and load that settles
ALARM_S = (60, 180)  # from the first refused request to the launch: the metric's minute, and when CloudWatch looks


def bounds(scaling: Scaling) -> Replicas:
    """Without a maximum as many as the minimum, at least one."""
    most = _most(scaling.min, scaling.max)
    return Replicas(min=scaling.min, max=most, most=max(most, *(each.max for each in _schedules(scaling)), 1))


def scaling_plan(scaling: Scaling, *, start: ColdStart, planned_concurrency: int) -> ScalingPlan:
    schedules, here = _schedules(scaling), bounds(scaling)
    to_zero = scaling.min == 0 or any(each.min == 0 for each in schedules)
    return ScalingPlan(
        signal=scaling.signal,
        target=scaling.target,
        planned_concurrency=planned_concurrency,
        low_for_s=_minutes_up(max(LOW_FLOOR_S, start.total)),
        scale_in_cooldown_s=_minutes_up(start.total + COOLDOWN_MORE_S),
        follows_load=here.max > here.min or any(each.max > each.min for each in schedules),
        idle_s=60 * scaling.idle_minutes if to_zero else None,
        first_answer_s=_first_answer_s(start) if to_zero else None,
        schedules=schedules,
    )


def _first_answer_s(start: ColdStart) -> Range:
    quick, slow = ALARM_S
    return Range(low=float(quick + start.total - blank_slot_s(start)), high=float(slow + start.total))


def _schedules(scaling: Scaling) -> tuple[SchedulePlan, ...]:
    return tuple(_schedule(each) for each in scaling.schedules)


def _schedule(each: Schedule) -> SchedulePlan:
    return SchedulePlan(
        name=each.name,
        start=each.start,
        end=each.end,
        time_zone=each.time_zone,
        min=each.min,
        max=_most(each.min, each.max),
    )


def _most(low: int, high: int | None) -> int:
    return max(high or 0, low, 1)


def _minutes_up(seconds: float) -> int:
    return -int(-seconds // 60) * 60
