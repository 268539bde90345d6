"""Rows where the least number of replicas is 0 or changes by the hour."""

from __future__ import annotations

from dataclasses import replace

from monitoring.alarms import watches_of
from monitoring.conditions import Formula, MetricCondition, Share
from monitoring.table import WATCHES, watch_of
from rehearsal.aws.cloudwatch.expression import evaluate
from tests.monitoring.facts import FACTS


def moved(alarm_id: str) -> MetricCondition:
    condition = watch_of(alarm_id).moved.condition
    assert isinstance(condition, MetricCondition)
    return condition


def is_bad(alarm_id: str, **terms: float | None) -> bool:
    """Whether one such minute is bad where the least number of replicas moves."""
    condition = moved(alarm_id)
    assert isinstance(condition.metric, Formula)
    assert isinstance(condition.threshold, int)
    value = evaluate(condition.metric.expression, terms)
    if value is None:
        return condition.missing == "breaching"
    return value < condition.threshold if condition.comparison == "LessThanThreshold" else value > condition.threshold


def test_an_empty_group_is_no_outage() -> None:
    assert not is_bad("no-healthy-host", serving=0, healthy=None)
    assert not is_bad("no-healthy-host", serving=None, healthy=None)
    assert not is_bad("missing-replicas", least=0, desired=0, serving=0)
    assert not is_bad("metrics-missing", serving=0, reporting=None)
    assert not is_bad("gateway-errors", serving=0, errors=50)


def test_a_replica_that_is_in_service_and_fails_is_one() -> None:
    assert is_bad("no-healthy-host", serving=1, healthy=0)
    assert is_bad("no-healthy-host", serving=1, healthy=None)
    assert not is_bad("no-healthy-host", serving=2, healthy=1)
    assert is_bad("metrics-missing", serving=1, reporting=None)
    assert not is_bad("metrics-missing", serving=1, reporting=1)
    assert is_bad("gateway-errors", serving=1, errors=50)


def test_a_wake_up_that_does_not_end_in_service_rings() -> None:
    assert is_bad("missing-replicas", least=0, desired=1, serving=0)
    assert not is_bad("missing-replicas", least=0, desired=3, serving=1)
    assert moved("missing-replicas").lasts_s == Share(of="boot_deadline_s", share=1.25)


def test_replicas_are_missed_by_the_minimum_of_the_hour() -> None:
    assert is_bad("missing-replicas", least=4, desired=4, serving=3)
    assert not is_bad("missing-replicas", least=1, desired=4, serving=3)  # the load may go on growing


def test_rows_move_only_where_the_minimum_does() -> None:
    same = {watch.id for watch in WATCHES if watch.moving is None}
    here, there = watches_of(FACTS), watches_of(replace(FACTS, moving=True))
    assert [watch.id for watch in here] == [watch.id for watch in there]
    assert {watch.id for watch, moving in zip(here, there, strict=True) if watch == moving} == same
    assert all(watch.condition == watch_of(watch.id).condition for watch in here)
