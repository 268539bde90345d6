"""Metric alarms that live: made without data, kept through an update, judged, told about, with a history.

PutMetricAlarm: "When this operation creates an alarm, the alarm state is immediately set to INSUFFICIENT_DATA [...]
When you update an existing alarm, its state is left unchanged". SetAlarmState: "When the updated state differs from
the previous value, the action configured for the appropriate state is invoked". DescribeAlarms, AlarmTypes: "If you
omit this parameter, only metric alarms are returned, even if composite alarms [...] exist". In moto an alarm begins
with OK, an update resets it, nothing is judged, nothing is told, and there is no history. AWS judges alarms every
minute by itself; here ``judge_all`` does, when it is called: a test says when.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from rehearsal.aws.cloudwatch import math_alarms
from rehearsal.aws.cloudwatch.actions import VALUE, act, act_again, history_of, record
from rehearsal.aws.cloudwatch.data import Datum
from rehearsal.aws.cloudwatch.metrics import data_of
from rehearsal.aws.cloudwatch.state import AlarmRule, State, Verdict, state_of
from rehearsal.aws.patch import Method, add, wrap
from rehearsal.aws.settings import Settings
from rehearsal.aws.world import World

_LONGEST_S = 24 * 3600  # of all evaluation periods together, for periods under an hour
_LONGEST_DESCRIPTION = 1024
_STATE = ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp", "history")


class NotJudgedError(ValueError):
    """An alarm of a kind that the emulator cannot judge."""


def install() -> None:
    wrap(CloudWatchBackend, "put_metric_alarm", _put)
    wrap(CloudWatchBackend, "set_alarm_state", _set_state)
    wrap(CloudWatchResponse, "describe_alarms", _describe)
    add(CloudWatchResponse, describe_alarm_history=_describe_history)


def backends() -> Iterator[Any]:
    """CloudWatch of each account and region that was used."""
    for account in cloudwatch_backends.values():
        yield from account.values()


def judge_all(settings: Settings) -> None:
    """Judge each metric alarm by what was put until now, and do what follows."""
    now = settings.now()
    for backend in backends():
        for alarm in list(backend.alarms.values()):
            if alarm.rule is None:
                verdict = judge(backend, alarm, now)
                alarm.__dict__[VALUE] = next((point for point in verdict.points if point is not None), None)
                if verdict.state != alarm.state_value:
                    change(backend, alarm, verdict.state, reason=verdict.reason, now=now)
                    act_at_once(backend, alarm, now)
                elif verdict.state == "ALARM":
                    act_again(backend, alarm, now=now)


def judge(backend: Any, alarm: Any, now: datetime) -> Verdict:
    """NotJudgedError for an alarm on metric math that the emulator does not know."""
    queries = alarm.metric_data_queries
    rule = AlarmRule(
        statistic="Maximum" if queries else alarm.statistic or alarm.extended_statistic,
        comparison=alarm.comparison_operator,
        threshold=alarm.threshold,
        period_s=math_alarms.period_s(queries) if queries else int(alarm.period),
        evaluation_periods=int(alarm.evaluation_periods),
        datapoints_to_alarm=int(alarm.datapoints_to_alarm or alarm.evaluation_periods),
        missing=alarm.treat_missing_data or "missing",
        low_samples=alarm.evaluate_low_sample_count_percentile or "evaluate",
        state=alarm.state_value,
    )
    if not queries:
        return state_of(rule, _measured(backend, alarm), now.timestamp())
    try:
        data = list(math_alarms.points(backend, queries, evaluation_periods=rule.evaluation_periods, now=now))
    except ValueError as error:
        raise NotJudgedError(f"{alarm.name}: {error}") from error
    return state_of(rule, data, now.timestamp())


def _measured(backend: Any, alarm: Any) -> list[Datum]:
    dimensions = [{"Name": each.name, "Value": each.value} for each in alarm.dimensions]
    data = data_of(backend, namespace=alarm.namespace, name=alarm.metric_name, dimensions=dimensions)
    return [datum for datum in data if alarm.unit in (None, datum.unit)]


def change(backend: Any, alarm: Any, state: State, *, reason: str, now: datetime, data: str = "{}") -> None:
    """Put the alarm into ``state`` and write that down; what it does then is the caller's."""
    before = alarm.state_value
    alarm.update_state(reason, data, state)
    alarm.state_updated_timestamp = now
    alarm.before = before
    record(
        backend,
        alarm,
        kind="StateUpdate",
        summary=f"Alarm updated from {before} to {state}",
        data={"oldState": {"stateValue": before}, "newState": {"stateValue": state, "stateReason": reason}},
        now=now,
    )


def act_at_once(backend: Any, alarm: Any, now: datetime) -> None:
    """The actions of an alarm without a suppressor, after ``change``."""
    act(backend, alarm, before=alarm.before, now=now)


def _put(original: Method) -> Method:
    def put_metric_alarm(self: Any, name: str, **given: Any) -> Alarm:
        _refuse(given)
        before = self.alarms.get(name)
        if before is not None:
            given["tags"] = None  # "any tags you specify in this parameter are ignored"
        alarm: Alarm = original(self, name, **given)
        if before is None:
            alarm.state_value = "INSUFFICIENT_DATA"
        else:
            for attribute in _STATE:
                setattr(alarm, attribute, getattr(before, attribute))
        now = World.running().settings.now()
        done = "created" if before is None else "updated"
        record(self, alarm, kind="ConfigurationUpdate", summary=f'Alarm "{name}" {done}', data={}, now=now)
        return alarm

    return put_metric_alarm


def _refuse(given: dict[str, Any]) -> None:
    if len(given.get("description") or "") > _LONGEST_DESCRIPTION:
        raise ValidationError(f"Member must have length less than or equal to {_LONGEST_DESCRIPTION}: alarmDescription")
    periods, period_s = given.get("evaluation_periods"), given.get("period")
    if not periods or not period_s:
        return
    if int(period_s) not in (10, 20, 30) and int(period_s) % 60:
        raise ValidationError("Metrics periods must be 10, 20, 30 or any multiple of 60 seconds.")
    if int(period_s) < 3600 and int(periods) * int(period_s) > _LONGEST_S:
        raise ValidationError(f"Metrics cannot be checked across more than a day ({_LONGEST_S} s).")
    if int(given.get("datapoints_to_alarm") or 1) > int(periods):
        raise ValidationError("DatapointsToAlarm must be less than or equal to EvaluationPeriods")


def _set_state(original: Method) -> Method:
    def set_alarm_state(self: Any, alarm_name: str, reason: str, reason_data: str, state_value: str) -> None:
        alarm: Any = self.alarms.get(alarm_name)
        kept_state = alarm.state_value if alarm is not None else None
        original(self, alarm_name, reason, reason_data, state_value)  # refuses what AWS refuses
        alarm.state_value = kept_state
        alarm.__dict__[VALUE] = None  # nobody measured
        now = World.running().settings.now()
        state: Any = state_value
        change(self, alarm, state, reason=reason, now=now, data=reason_data or "{}")
        if alarm.rule is None and state != kept_state:
            act_at_once(self, alarm, now)

    return set_alarm_state


def _describe(original: Method) -> Method:
    def describe_alarms(self: Any) -> Any:
        answer = original(self)
        wanted = self._get_param("AlarmTypes") or ["MetricAlarm"]
        names = self._get_param("AlarmNames")
        for key, kind in (("MetricAlarms", "MetricAlarm"), ("CompositeAlarms", "CompositeAlarm")):
            found = answer.result[key] if kind in wanted else []
            answer.result[key] = [alarm for alarm in found if not names or alarm.name in names]
        return answer

    return describe_alarms


def _describe_history(self: Any) -> ActionResult:
    wanted = self._get_param("AlarmTypes") or ["MetricAlarm"]
    name, kind = self._get_param("AlarmName"), self._get_param("HistoryItemType")
    since, until = self._get_param("StartDate"), self._get_param("EndDate")
    items = [
        item
        for item in history_of(self.cloudwatch_backend)
        if name in (None, item["AlarmName"])
        and kind in (None, item["HistoryItemType"])
        and (item["AlarmType"] in wanted or name is not None)
        and (since is None or _utc(since) <= item["Timestamp"])
        and (until is None or item["Timestamp"] <= _utc(until))
    ]
    if self._get_param("ScanBy") != "TimestampAscending":
        items.reverse()
    return ActionResult({"AlarmHistoryItems": items[: self._get_int_param("MaxRecords") or 100]})


def _utc(time: datetime) -> datetime:
    return time if time.tzinfo else time.replace(tzinfo=UTC)
