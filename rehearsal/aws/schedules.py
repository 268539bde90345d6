"""Scheduled actions happen; moto only keeps them.

PutScheduledUpdateGroupAction: "Recurrence: [...] [Minute] [Hour] [Day_of_Month] [Month_of_Year] [Day_of_Week]";
"TimeZone: Specifies the time zone for a cron expression. If a time zone is not provided, UTC is used by default"; "You
must specify at least one of the following properties: MaxSize, MinSize, or DesiredCapacity". StartTime of a described
action is when it runs next. What a new minimum or maximum means for the desired capacity: as in an update of the group.
They happen by CloudWatch's clock, whenever somebody looks.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError
from moto.autoscaling.exceptions import ValidationError
from moto.autoscaling.models import AutoScalingBackend, FakeScheduledAction, autoscaling_backends

from rehearsal.aws.fleet import is_suspended
from rehearsal.aws.launching import CAUSE
from rehearsal.aws.patch import Method, wrap
from rehearsal.aws.settings import Settings
from rehearsal.aws.world import World

_NEXT = "_rehearsal_next"


def install() -> None:
    wrap(AutoScalingBackend, "put_scheduled_update_group_action", _put)
    wrap(AutoScalingBackend, "delete_auto_scaling_group", _and_its_schedules)
    World.add(_happen)


def next_run(recurrence: str, *, time_zone: str | None, after: datetime) -> datetime:
    """In UTC. ValueError for what AWS refuses."""
    try:
        zone = ZoneInfo(time_zone or "Etc/UTC")
        found: datetime = next(CronSim(recurrence, after.astimezone(zone)))
    except (CronSimError, ZoneInfoNotFoundError, StopIteration) as error:
        raise ValueError(f"Given recurrence string: {recurrence} in {time_zone} is invalid") from error
    return found.astimezone(UTC)


def _put(original: Method) -> Method:
    def put(self: AutoScalingBackend, **given: Any) -> FakeScheduledAction:
        if given["name"] not in self.autoscaling_groups:
            raise ValidationError(f"AutoScalingGroup name not found - AutoScalingGroup '{given['name']}' not found")
        if all(given.get(key) is None for key in ("desired_capacity", "max_size", "min_size")):
            raise ValidationError("At least one of DesiredCapacity, MinSize or MaxSize must be specified")
        action: FakeScheduledAction = original(self, **given)
        _schedule(action, after=World.running().settings.now())
        return action

    return put


def _schedule(action: FakeScheduledAction, *, after: datetime) -> None:
    if not action.recurrence:
        return
    try:
        at = next_run(action.recurrence, time_zone=action.time_zone, after=after)
    except ValueError as error:
        raise ValidationError(str(error)) from error
    action.__dict__[_NEXT] = at
    action.start_time = at  # type: ignore[assignment]


def _happen(settings: Settings) -> bool:
    now = settings.now()
    due = [
        (action.__dict__[_NEXT], backend, action)
        for backend in _backends()
        for action in backend.scheduled_actions.values()
        if _NEXT in action.__dict__ and action.__dict__[_NEXT] <= now
    ]
    for at, backend, action in sorted(due, key=lambda found: found[0]):
        _run(backend, action)
        _schedule(action, after=at)
    return bool(due)


def _backends() -> list[AutoScalingBackend]:
    return [
        found for _, _, found in list(autoscaling_backends.iter_backends()) if isinstance(found, AutoScalingBackend)
    ]


def _run(backend: AutoScalingBackend, action: FakeScheduledAction) -> None:
    group = backend.autoscaling_groups[action.auto_scaling_group_name]
    if is_suspended(group, "ScheduledActions"):
        return
    before = group.desired_capacity
    group.update(
        availability_zones=[],
        desired_capacity=action.desired_capacity,
        max_size=action.max_size,
        min_size=action.min_size,
        launch_config_name="",
        launch_template={},
        vpc_zone_identifier="",
        health_check_period=None,  # type: ignore[arg-type]
        health_check_type=None,  # type: ignore[arg-type]
    )
    if group.desired_capacity != before:
        group.__dict__[CAUSE] = f"the scheduled action {action.scheduled_action_name} executed"


def _and_its_schedules(original: Method) -> Method:
    def delete(self: AutoScalingBackend, group_name: str) -> None:
        original(self, group_name)
        for name, action in list(self.scheduled_actions.items()):
            if action.auto_scaling_group_name == group_name:
                del self.scheduled_actions[name]

    return delete
