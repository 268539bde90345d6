"""Composite alarms, of which moto has none, with the alarm that silences them.

PutCompositeAlarm: "When this operation creates an alarm, the alarm state is immediately set to INSUFFICIENT_DATA. The
alarm is then evaluated and its state is set appropriately." SetAlarmState: "If you use SetAlarmState on a composite
alarm, the composite alarm is not guaranteed to return to its actual state. It returns to its actual state only once
any of its children alarms change state." ActionsSuppressor needs both periods. DeleteAlarms: an alarm that a
composite depends on cannot be deleted (AWS provider documentation, ``aws_cloudwatch_composite_alarm``: "An alarm
(composite or metric) cannot be destroyed when there are other composite alarms depending on it"); whether a
suppressor counts is not written, and it does here; and one call deletes no more than one composite.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import EmptyResult

from rehearsal.aws.cloudwatch.actions import act
from rehearsal.aws.cloudwatch.alarms import backends, change
from rehearsal.aws.cloudwatch.rule import CompositeRule, name_in, parse
from rehearsal.aws.cloudwatch.state import State
from rehearsal.aws.cloudwatch.suppression import Periods, Silence, advance
from rehearsal.aws.patch import Method, add, wrap
from rehearsal.aws.settings import Settings
from rehearsal.aws.world import World

_METRIC = ("namespace", "metric_name", "comparison_operator", "evaluation_periods", "period", "threshold", "statistic")
_NO_PERIODS = Periods(wait_s=0, extension_s=0)


def install() -> None:
    add(CloudWatchResponse, put_composite_alarm=_put)
    wrap(CloudWatchBackend, "delete_alarms", _delete)
    World.add(advance_all)


def advance_all(settings: Settings) -> bool:
    """Bring each composite to what its children say and its suppressor lets through; True when anything changed."""
    now = settings.now()
    moved = [
        _advance(backend, alarm, now)
        for backend in backends()
        for alarm in list(backend.alarms.values())
        if alarm.rule is not None
    ]
    return any(moved)


def _put(self: Any) -> EmptyResult:
    name, text = self._get_param("AlarmName"), self._get_param("AlarmRule")
    backend = self.cloudwatch_backend
    suppressor = self._get_param("ActionsSuppressor")
    periods = [self._get_int_param(f"ActionsSuppressor{kind}Period") for kind in ("Wait", "Extension")]
    rule = _checked(text)
    _require_known([*rule.names, *([name_in(suppressor)] if suppressor else [])], known=backend.alarms)
    if suppressor and None in periods:
        raise ValidationError("ActionsSuppressorWaitPeriod and ActionsSuppressorExtensionPeriod are required")
    before = backend.alarms.get(name)
    alarm = backend.put_metric_alarm(
        name=name,
        **dict.fromkeys(_METRIC),
        description=self._get_param("AlarmDescription"),
        dimensions=[],
        alarm_actions=self._get_param("AlarmActions", []),
        ok_actions=self._get_param("OKActions", []),
        insufficient_data_actions=self._get_param("InsufficientDataActions", []),
        actions_enabled=self._get_bool_param("ActionsEnabled"),
        rule=text,
        tags=self._get_param("Tags", []),
    )
    alarm.read, alarm.children = rule, None
    alarm.actions_suppressor = suppressor
    alarm.actions_suppressor_wait_period, alarm.actions_suppressor_extension_period = periods
    replaced = before is None or before.actions_suppressor != suppressor
    alarm.silence = Silence(seen=alarm.state_value) if replaced else before.silence
    return EmptyResult()


def _checked(text: str) -> CompositeRule:
    try:
        return parse(text)
    except ValueError as error:
        raise ValidationError(f"AlarmRule: {error}") from error


def _require_known(names: Collection[str], *, known: Collection[str]) -> None:
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise ValidationError(f"Could not save the composite alarm as alarms {unknown} in the alarm rule do not exist")


def _advance(backend: Any, alarm: Any, now: datetime) -> bool:
    was = (alarm.state_value, alarm.silence)
    children = {name: backend.alarms[name].state_value for name in alarm.read.names}
    if children != alarm.children:
        state: State = "ALARM" if alarm.read.holds(children) else "OK"
        if state != alarm.state_value:
            changed = [name for name, value in children.items() if (alarm.children or {}).get(name) != value]
            change(backend, alarm, state, reason=f"{', '.join(changed) or 'The rule'} changed", now=now)
        alarm.children = children
    suppressor = backend.alarms[name_in(alarm.actions_suppressor)] if alarm.actions_suppressor else None
    periods = _NO_PERIODS
    if suppressor is not None:
        periods = Periods(
            wait_s=alarm.actions_suppressor_wait_period, extension_s=alarm.actions_suppressor_extension_period
        )
    alarm.silence, due = advance(
        alarm.silence,
        state=alarm.state_value,
        suppressor=suppressor.state_value if suppressor is not None else "OK",
        periods=periods,
        now_s=now.timestamp(),
    )
    alarm.actions_suppressed_by = alarm.silence.by
    alarm.actions_suppressed_reason = f"Actions suppressed by {alarm.silence.by}" if alarm.silence.by else None
    if due:
        act(backend, alarm, before=alarm.before, now=now)
    return was != (alarm.state_value, alarm.silence)


def _delete(original: Method) -> Method:
    def delete_alarms(self: Any, alarm_names: list[str]) -> None:
        if sum(name in self.alarms and self.alarms[name].rule is not None for name in alarm_names) > 1:
            raise ValidationError("At most one composite alarm can be deleted at a time")
        for alarm in self.alarms.values():
            if alarm.rule is not None and alarm.name not in alarm_names:
                needed = {*alarm.read.names, name_in(alarm.actions_suppressor or "")} & set(alarm_names)
                if needed:
                    raise ValidationError(
                        f"Cannot delete {sorted(needed)[0]} as there are composite alarm(s) depending on it."
                    )
        original(self, alarm_names)

    return delete_alarms
