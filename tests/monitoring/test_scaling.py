"""What scaling policies listen to, and which alarms call a change back."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from monitoring.alarms import Alarm, threshold_ids
from monitoring.conditions import Formula, Metric
from monitoring.contract import contract, series_problem
from monitoring.limits import limits
from monitoring.lines import Hosts, published_as
from monitoring.scaling import (
    LOAD,
    SCALE_IN,
    SHOWS_A_BAD_VERSION,
    SURE,
    TO_ZERO,
    WAKE_UP,
    alarm_name,
    marks,
    rollback_alarms,
    scaling_alarms,
)
from monitoring.table import watch_of
from rehearsal.aws.cloudwatch.expression import evaluate
from sizing.fleet_plan import ScalingPlan

FIXED = ScalingPlan(
    signal="in_flight",
    target=0.75,
    planned_concurrency=17,
    low_for_s=960,
    scale_in_cooldown_s=1260,
    follows_load=False,
)
FOLLOWS = replace(FIXED, follows_load=True)
EMPTIES = replace(FIXED, idle_s=1800)
WORDS = {"IF", "FILL", "AND", "OR"}


def alarms(scaling: ScalingPlan) -> dict[str, Alarm]:
    return {alarm.id: alarm for alarm in scaling_alarms(stack="dev", scaling=scaling)}


def formula(alarm: Alarm) -> Formula:
    assert isinstance(alarm.metric, Formula)
    return alarm.metric


def value(alarm: Alarm, **terms: float | None) -> float | None:
    return evaluate(formula(alarm).expression, terms)


def test_a_stack_has_the_signals_that_it_needs() -> None:
    assert list(alarms(FIXED)) == []
    assert list(alarms(FOLLOWS)) == [SCALE_IN]
    assert list(alarms(EMPTIES)) == [TO_ZERO, WAKE_UP]
    assert list(alarms(replace(EMPTIES, follows_load=True))) == [SCALE_IN, TO_ZERO, WAKE_UP]


def test_signals_tell_nobody_and_no_data_moves_nothing() -> None:
    for alarm in alarms(replace(EMPTIES, follows_load=True)).values():
        assert not alarm.tells
        assert alarm.treat_missing_data == "notBreaching"
        assert alarm.period_s * alarm.evaluation_periods <= 24 * 3600


def test_formulas_use_each_of_their_terms_and_nothing_else() -> None:
    for alarm in alarms(replace(EMPTIES, follows_load=True)).values():
        named = set(re.findall(r"[A-Za-z_]\w*", formula(alarm).expression)) - WORDS
        assert named == set(formula(alarm).terms), alarm.id


@pytest.mark.parametrize("signal", LOAD)
def test_hosts_publish_what_is_tracked(signal: str) -> None:
    metric = LOAD[signal]  # type: ignore[index]
    assert metric.statistic == "Average"
    assert metric.published is not None
    assert series_problem(metric.published.series, contract()) is None


@pytest.mark.parametrize(
    ("replicas", "total", "goes"),
    [
        (3, 1.2, True),  # 0.4 each; 0.6 without one, below 0.675
        (3, 1.5, False),  # 0.5 each; 0.75 without one: it would be back at once
        (2, 0.6, True),
        (2, 0.7, False),
        (1, 0.0, False),  # the last one is another policy's
        (1, 0.1, False),
    ],
)
def test_a_replica_leaves_if_the_others_stay_below_the_target(replicas: int, total: float, goes: bool) -> None:
    alarm = alarms(FOLLOWS)[SCALE_IN]
    without_one = value(alarm, replicas=replicas, total=total)
    assert without_one is not None
    assert (without_one < alarm.threshold) == goes
    assert alarm.comparison == "LessThanThreshold"
    assert alarm.threshold == pytest.approx(SURE * 0.75)
    assert alarm.evaluation_periods * alarm.period_s == FOLLOWS.low_for_s


def test_the_kv_cache_is_judged_by_itself() -> None:
    terms = formula(alarms(replace(FOLLOWS, signal="kv_cache"))[SCALE_IN]).terms
    assert {metric.name for metric in terms.values()} == {"KvCacheUsed"}


@pytest.mark.parametrize(
    ("serving", "requests", "load", "idle"),
    [(1, None, 0, True), (1, 0, 0, True), (2, None, 0, True), (1, 3, 0, False), (1, None, 0.1, False)],
)
def test_a_replica_that_nobody_asks_is_idle(serving: int, requests: float | None, load: float, idle: bool) -> None:
    alarm = alarms(EMPTIES)[TO_ZERO]
    assert value(alarm, serving=serving, healthy=1, requests=requests, load=load) == float(idle)
    assert alarm.evaluation_periods * alarm.period_s == EMPTIES.idle_s


def test_time_in_which_a_replica_boots_is_not_idle() -> None:
    """Or the one that a request has woken would end before it has served it."""
    assert value(alarms(EMPTIES)[TO_ZERO], serving=0, healthy=0, requests=None, load=0) == 0


@pytest.mark.parametrize("missing", ["serving", "healthy", "load"])
def test_what_nobody_measures_ends_no_last_replica(missing: str) -> None:
    terms: dict[str, float | None] = {"serving": 1, "healthy": 1, "requests": None, "load": 0}
    assert value(alarms(EMPTIES)[TO_ZERO], **terms) == 1
    assert value(alarms(EMPTIES)[TO_ZERO], **{**terms, missing: None}) is None


def test_silent_replicas_make_it_harder_to_take_one_away() -> None:
    alarm = alarms(FOLLOWS)[SCALE_IN]
    four, two, one = (value(alarm, replicas=count, total=0.4 * count) for count in (4, 2, 1))
    assert four is not None
    assert two is not None
    assert one is not None
    assert four < alarm.threshold < two < one
    assert value(alarm, replicas=None, total=None) is None


def test_a_group_of_which_nothing_is_known_is_not_woken() -> None:
    """The policy asks for exactly one: of a group of four it would end three."""
    assert value(alarms(EMPTIES)[WAKE_UP], refused=9, desired=None) is None
    assert value(alarms(EMPTIES)[WAKE_UP], refused=9, desired=4) == 0


@pytest.mark.parametrize(
    ("refused", "desired", "wakes"), [(1, 0, 1.0), (5, 0, 1.0), (1, 1, 0.0), (None, 0, None), (0, 0, 0.0)]
)
def test_a_refused_request_wakes_an_empty_group(
    refused: float | None, desired: float | None, wakes: float | None
) -> None:
    alarm = alarms(EMPTIES)[WAKE_UP]
    assert value(alarm, refused=refused, desired=desired) == wakes
    assert alarm.evaluation_periods == 1


def test_what_calls_a_change_back_is_in_the_table_and_fits_into_the_call() -> None:
    assert set(SHOWS_A_BAD_VERSION) <= set(threshold_ids())
    names = rollback_alarms("dev", launch_first=True)
    assert names == tuple(alarm_name(stack="dev", id=id_) for id_ in SHOWS_A_BAD_VERSION)
    assert len(names) <= 10  # AlarmSpecification
    assert not [id_ for id_ in SHOWS_A_BAD_VERSION if watch_of(id_).needs_certificate]


def test_a_host_that_ends_before_the_next_one_serves_calls_nothing_back() -> None:
    left = {name.removeprefix("vllm-dev-") for name in rollback_alarms("dev", launch_first=False)}
    assert left == {"unhealthy-host", "vllm-down", "stalled-tokens", "error-finishes"}


def test_the_target_is_a_line_where_the_group_follows_it() -> None:
    load = Hosts(label="", metric=published_as("Load"), view="mean")
    cache = Hosts(label="", metric=published_as("KvCacheUsed"), view="mean")
    assert marks(None) == marks(FIXED) == ()
    (limit,) = limits([load], marks(FOLLOWS))
    assert (limit.alarm, limit.value) == ("scale-out", 0.75)
    assert limits([cache], marks(FOLLOWS)) == ()
    assert [each.value for each in limits([cache], marks(replace(FOLLOWS, signal="kv_cache")))] == [0.75]


def test_metrics_are_of_scopes_that_have_dimensions() -> None:
    for alarm in alarms(replace(EMPTIES, follows_load=True)).values():
        assert all(isinstance(metric, Metric) for metric in formula(alarm).terms.values())
