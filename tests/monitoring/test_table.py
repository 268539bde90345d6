"""The table itself, and what CloudWatch is told of it."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from config.rules import ALARM_IDS
from config.sources import load_stack_file
from monitoring.alarms import DESCRIPTION_MAX_LENGTH, event_rules, metric_alarms, threshold_ids
from monitoring.conditions import EventCondition, Facts, MetricCondition, Share
from monitoring.table import WATCHES
from sizing.prepare import prepare

ROOT = Path(__file__).resolve().parents[2]
FACTS = Facts(min_replicas=2, typical_answer_s=60, boot_deadline_s=1800)
LONGEST_EVALUATION_S = 24 * 3600  # PutMetricAlarm, for periods under an hour
CONDITIONS = {watch.id: watch.condition for watch in WATCHES if isinstance(watch.condition, MetricCondition)}


def alarms(**thresholds: float) -> dict[str, float]:
    given = {name.replace("_", "-"): value for name, value in thresholds.items()}
    return {alarm.id: alarm.threshold for alarm in metric_alarms(stack="dev", facts=FACTS, thresholds=given)}


def test_ids_are_unique_and_fit_into_urls() -> None:
    ids = [watch.id for watch in WATCHES]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name) for name in ids)


def test_every_watch_says_why_and_what_to_do_first() -> None:
    for watch in WATCHES:
        assert watch.why.endswith((".", "it.")), watch.id
        assert watch.first_action.endswith("."), watch.id


def test_what_the_configuration_accepts_is_what_has_a_threshold() -> None:
    assert set(ALARM_IDS) == set(threshold_ids()) == set(CONDITIONS)


def test_a_given_threshold_acts_on_its_alarm_alone() -> None:
    changed = alarms(server_errors=99)
    assert changed.pop("server-errors") == 99
    default = alarms()
    del default["server-errors"]
    assert changed == default


def test_a_threshold_of_zero_is_a_threshold() -> None:
    assert alarms(server_errors=0)["server-errors"] == 0


def test_thresholds_follow_the_plan() -> None:
    assert alarms()["missing-replicas"] == FACTS.min_replicas
    assert alarms()["slow-responses"] == 2 * FACTS.typical_answer_s


def test_a_replacement_that_boots_in_time_is_not_a_missing_replica() -> None:
    (alarm,) = [
        found for found in metric_alarms(stack="dev", facts=FACTS, thresholds={}) if found.id == "missing-replicas"
    ]
    assert alarm.period_s * alarm.evaluation_periods > FACTS.boot_deadline_s


def test_an_outage_rings_although_nothing_is_measured_then() -> None:
    missing = {alarm.id: alarm.treat_missing_data for alarm in metric_alarms(stack="dev", facts=FACTS, thresholds={})}
    assert missing["no-healthy-host"] == "breaching"
    assert missing["missing-replicas"] == "breaching"
    assert missing["server-errors"] == "notBreaching"


@pytest.mark.parametrize("boot_deadline_s", [600, 1800, 7200])
def test_evaluations_are_ones_that_cloudwatch_takes(boot_deadline_s: int) -> None:
    facts = Facts(min_replicas=1, typical_answer_s=60, boot_deadline_s=boot_deadline_s)
    for alarm in metric_alarms(stack="dev", facts=facts, thresholds={}):
        assert alarm.period_s % 60 == 0, alarm.id
        assert alarm.period_s <= alarm.period_s * alarm.evaluation_periods <= LONGEST_EVALUATION_S, alarm.id


def test_metric_names_are_those_that_aws_publishes() -> None:
    names = {(watched.metric.namespace, watched.metric.name) for watched in CONDITIONS.values()}
    assert names == {
        ("AWS/ApplicationELB", "HealthyHostCount"),
        ("AWS/ApplicationELB", "UnHealthyHostCount"),
        ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"),
        ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count"),
        ("AWS/ApplicationELB", "TargetResponseTime"),
        ("AWS/AutoScaling", "GroupInServiceInstances"),
    }


def test_descriptions_name_the_stack_and_are_not_cut() -> None:
    stack = "a-stack-name-of-forty-characters-is-this"
    described = [
        *(alarm.description for alarm in metric_alarms(stack=stack, facts=FACTS, thresholds={})),
        *(rule.description for rule in event_rules(stack=stack)),
    ]
    assert len(described) == len(WATCHES)
    for text in described:
        assert text.startswith(f"[{stack}] ")
        assert len(text) < DESCRIPTION_MAX_LENGTH
        assert "docs/runbook.md#" in text


def test_event_rules_are_the_events_of_the_table() -> None:
    events = {watch.id: watch.condition for watch in WATCHES if isinstance(watch.condition, EventCondition)}
    assert {rule.id: rule.detail_type for rule in event_rules(stack="dev")} == {
        name: event.detail_type for name, event in events.items()
    }
    assert "EC2 Instance Launch Unsuccessful" in {event.detail_type for event in events.values()}


def test_texts_survive_a_json_template() -> None:
    # EventBridge takes <name> for a variable.
    for rule in event_rules(stack="dev"):
        assert "<" not in rule.description
        assert json.loads(json.dumps(rule.description)) == rule.description


def test_a_share_is_of_its_fact() -> None:
    assert Share(of="boot_deadline_s", share=1.5).resolve(FACTS) == 2700


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_slow_is_slower_than_a_typical_answer_and_seen_before_the_load_balancer_cuts(name: str) -> None:
    """Of the shipped stacks: a full replica is not slow by itself, and the alarm comes before clients get a 504."""
    _, plan = prepare(load_stack_file(stack=name, root=ROOT), root=ROOT)
    facts = Facts.of(plan)
    (alarm,) = [each for each in metric_alarms(stack=name, facts=facts, thresholds={}) if each.id == "slow-responses"]
    assert plan.throughput is not None
    assert alarm.threshold >= 1.5 * plan.throughput.answer_s.high
    assert alarm.threshold <= plan.timers.idle_timeout_s / 2
