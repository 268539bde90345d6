"""The table itself, and what CloudWatch is told of it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from config.rules import ALARM_IDS
from config.sources import load_stack_file
from monitoring.alarms import (
    DESCRIPTION_MAX_LENGTH,
    Alarm,
    event_rules,
    metric_alarms,
    threshold_ids,
    with_capacity_tried,
)
from monitoring.composites import composite_alarms
from monitoring.conditions import AnyOf, AwsOnly, EventCondition, Formula, Metric, MetricCondition, Share
from monitoring.facts import Facts
from monitoring.published import PUBLISHED, TOLD
from monitoring.table import WATCHES, speaker_of, watch_of
from rehearsal.aws.cloudwatch.expression import evaluate
from sizing.prepare import prepare
from tests.monitoring.facts import FACTS

ROOT = Path(__file__).resolve().parents[2]
LONGEST_EVALUATION_S = 24 * 3600  # PutMetricAlarm, for periods under an hour
CONDITIONS = {watch.id: watch.condition for watch in WATCHES if isinstance(watch.condition, MetricCondition)}


def alarms(**thresholds: float) -> dict[str, float]:
    given = {name.replace("_", "-"): value for name, value in thresholds.items()}
    return {alarm.id: alarm.threshold for alarm in metric_alarms(stack="dev", facts=FACTS, thresholds=given)}


def alarm_of(alarm_id: str, facts: Facts = FACTS) -> Alarm:
    (found,) = [alarm for alarm in metric_alarms(stack="dev", facts=facts, thresholds={}) if alarm.id == alarm_id]
    return found


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
    alarm = alarm_of("missing-replicas")
    assert alarm.period_s * alarm.evaluation_periods > FACTS.boot_deadline_s


def test_an_outage_rings_although_nothing_is_measured_then() -> None:
    missing = {alarm.id: alarm.treat_missing_data for alarm in metric_alarms(stack="dev", facts=FACTS, thresholds={})}
    assert missing["no-healthy-host"] == "breaching"
    assert missing["missing-replicas"] == "breaching"
    assert missing["server-errors"] == "notBreaching"


@pytest.mark.parametrize("boot_deadline_s", [600, 1800, 7200])
def test_evaluations_are_ones_that_cloudwatch_takes(boot_deadline_s: int) -> None:
    facts = replace(FACTS, boot_deadline_s=boot_deadline_s)
    for alarm in metric_alarms(stack="dev", facts=facts, thresholds={}):
        assert alarm.period_s % 60 == 0, alarm.id
        assert alarm.period_s <= alarm.period_s * alarm.evaluation_periods <= LONGEST_EVALUATION_S, alarm.id


def test_a_boot_loop_rings_at_its_first_word_and_until_it_is_resumed() -> None:
    alarm = alarm_of("boot-loop")
    assert (alarm.comparison, alarm.threshold) == ("GreaterThanOrEqualToThreshold", 1)
    assert alarm.evaluation_periods == 1
    assert alarm.treat_missing_data == "ignore"


def test_metric_names_are_those_that_aws_and_hosts_publish() -> None:
    of_hosts = {"BootLoop"} | {each.name for each in (*PUBLISHED, *TOLD)}
    moved = [watch.moving.condition for watch in WATCHES if watch.moving]
    watched = [metric for condition in (*CONDITIONS.values(), *moved) for metric in condition.metrics]
    names = {(metric.namespace, metric.name) for metric in watched}
    assert {name for namespace, name in names if namespace == "vLLM"} <= of_hosts
    assert {pair for pair in names if pair[0] != "vLLM"} == {
        ("AWS/ApplicationELB", "HealthyHostCount"),
        ("AWS/ApplicationELB", "UnHealthyHostCount"),
        ("AWS/ApplicationELB", "HTTPCode_Target_5XX_Count"),
        ("AWS/ApplicationELB", "HTTPCode_ELB_5XX_Count"),
        ("AWS/ApplicationELB", "TargetResponseTime"),
        ("AWS/AutoScaling", "GroupInServiceInstances"),
        ("AWS/AutoScaling", "GroupDesiredCapacity"),
        ("AWS/AutoScaling", "GroupTotalInstances"),
        ("AWS/AutoScaling", "GroupMinSize"),
        ("AWS/CertificateManager", "DaysToExpiry"),
    }


def test_prometheus_knows_each_condition_or_it_is_said_why_not() -> None:
    for watch in WATCHES:
        if isinstance(watch.condition, MetricCondition):
            metric = watch.condition.metric
            derived = isinstance(metric, Metric) and metric.published is not None
            assert derived or watch.prometheus is not None, watch.id
        elif isinstance(watch.condition, EventCondition):
            assert isinstance(watch.prometheus, AwsOnly), watch.id


def test_a_certificate_is_watched_where_there_is_one() -> None:
    assert "certificate-expiry" in alarms()
    without = metric_alarms(stack="dev", facts=replace(FACTS, has_certificate=False), thresholds={})
    assert {alarm.id for alarm in without} == set(alarms()) - {"certificate-expiry"}


def test_one_outage_is_one_message() -> None:
    """Of no healthy host comes one message, whatever else rings then."""
    tells = {alarm.id: alarm.tells for alarm in metric_alarms(stack="dev", facts=FACTS, thresholds={})}
    assert not tells["no-healthy-host"]
    assert not tells["missing-replicas"]
    assert tells["requests-waiting"]
    composites = {composite.id: composite for composite in composite_alarms(stack="dev", facts=FACTS)}
    assert composites["service-down"].any_of == ("no-healthy-host", "all-stalled")
    assert composites["service-down"].suppressor is None
    passed_on = {name.removesuffix("-told") for name in composites} - {"service-down"}
    assert {composites[f"{name}-told"].any_of for name in passed_on} == {(name,) for name in passed_on}
    assert {composites[f"{name}-told"].suppressor for name in passed_on} == {"service-down"}
    assert {name for name, told in tells.items() if not told} == passed_on | set(composites["service-down"].any_of)


def test_composites_are_made_after_what_they_name() -> None:
    made = {alarm.id for alarm in metric_alarms(stack="dev", facts=FACTS, thresholds={})}
    for composite in composite_alarms(stack="dev", facts=FACTS):
        needed = {*composite.any_of, *([composite.suppressor] if composite.suppressor else [])}
        assert needed <= made, composite.id
        made.add(composite.id)


def test_only_what_follows_from_an_outage_waits_for_it() -> None:
    """A composite alarm costs five times a metric alarm."""
    assert len([watch for watch in WATCHES if watch.consequence_of]) <= 8
    for watch in WATCHES:
        if watch.consequence_of:
            assert isinstance(watch_of(watch.consequence_of).condition, AnyOf)
            assert speaker_of(watch) == watch.consequence_of


def test_percentiles_are_compared_with_bounds_of_buckets() -> None:
    """There alone CloudWatch, which gets the bounds, and Prometheus, which interpolates, say the same."""
    assert alarms()["slow-first-token"] == 5.0
    assert alarms()["slow-tokens"] == 0.4
    assert alarms(slow_tokens=0.33)["slow-tokens"] == 0.33


def test_a_stall_is_told_before_the_host_has_itself_replaced() -> None:
    alarm = alarm_of("stalled-tokens")
    assert alarm.threshold + alarm.period_s * alarm.evaluation_periods < FACTS.stall_s


def test_descriptions_name_the_stack_and_are_not_cut() -> None:
    stack = "a-stack-name-of-forty-characters-is-this"
    described = [
        *(alarm.description for alarm in metric_alarms(stack=stack, facts=FACTS, thresholds={})),
        *(rule.description for rule in event_rules(stack=stack)),
        *(composite.description for composite in composite_alarms(stack=stack, facts=FACTS)),
    ]
    assert len(described) > len(WATCHES)
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
    assert Share(of="gpu_memory_asked", share=0.5, more=0.5).resolve(FACTS) == 0.95


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_slow_is_slower_than_a_typical_answer_and_seen_before_the_load_balancer_cuts(name: str) -> None:
    """Of the shipped stacks: a full replica is not slow by itself, and the alarm comes before clients get a 504."""
    _, plan = prepare(load_stack_file(stack=name, root=ROOT), root=ROOT)
    facts = Facts.of(plan)
    alarm = alarm_of("slow-responses", facts)
    assert plan.throughput is not None
    assert alarm.threshold >= 1.5 * plan.throughput.answer_s.high
    assert alarm.threshold <= plan.timers.idle_timeout_s / 2


def test_formulas_are_ones_that_cloudwatch_takes() -> None:
    conditions = [form.condition for watch in WATCHES for form in (watch, watch.moved)]
    formulas = [each.metric for each in conditions if isinstance(each, MetricCondition)]
    for formula in (each for each in formulas if isinstance(each, Formula)):
        named = set(re.findall(r"[A-Za-z_]\w*", formula.expression)) - {"IF", "FILL", "AND", "OR"}
        assert named == set(formula.terms), formula.expression
        assert len(formula.terms) <= 10
        assert evaluate(formula.expression, dict.fromkeys(formula.terms, 1.0)) is not None


def test_what_was_tried_is_said_before_what_to_do() -> None:
    text = alarm_of("no-capacity").description
    told = with_capacity_tried(text, types=["g6.2xlarge", "g5.2xlarge"], zones=["us-east-1a", "us-east-1b"])
    assert "Tried: g6.2xlarge, g5.2xlarge in us-east-1a, us-east-1b. First: " in told
    assert told.replace(" Tried: g6.2xlarge, g5.2xlarge in us-east-1a, us-east-1b.", "") == text
    most = with_capacity_tried(text, types=["g4dn.12xlarge"] * 20, zones=["ap-southeast-1a"] * 6)
    assert len(most) < DESCRIPTION_MAX_LENGTH


def test_aws_without_machines_is_an_alarm_and_no_message_a_try() -> None:
    (rule,) = [each for each in event_rules(stack="dev") if each.id == "failed-launch"]
    none = "We currently do not have sufficient g6.2xlarge capacity in the Availability Zone you requested"
    quota = "You have requested more vCPU capacity than your current vCPU limit of 32 allows"
    assert any(text in none for text in rule.unless)
    assert not any(text in quota for text in rule.unless)
