"""The rule file of Prometheus, as Prometheus' own tool evaluates it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from monitoring.conditions import AwsOnly, MetricCondition, Twin, Watch
from monitoring.promql import OPERATORS, duration, job_name, measure_of, with_job
from monitoring.rules import groups, inhibit_rules, rules_yaml
from monitoring.table import WATCHES, speaker_of
from monitoring.thresholds import periods, threshold_of
from tests.monitoring.facts import FACTS
from tests.monitoring.promtool import Look, check_rules, run_looks
from tests.monitoring.rule_cases import CASES, MOVING, NOBODY, Case

STACK = "dev"
JOB = job_name(STACK)
RUNBOOK = "https://example.com/runbook.md"
METRIC_WATCHES = [watch for watch in WATCHES if isinstance(watch.condition, MetricCondition)]


def rules(**thresholds: float) -> dict[str, dict[str, Any]]:
    given = {name.replace("_", "-"): value for name, value in thresholds.items()}
    found = groups(stack=STACK, facts=FACTS, thresholds=given, runbook_url=RUNBOOK)
    return {rule["alert"]: rule for group in found for rule in group["rules"]}


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rules") / "rules.yaml"
    path.write_text(rules_yaml(stack=STACK, facts=FACTS, thresholds={}, runbook_url=RUNBOOK), encoding="utf-8")
    return path


def test_promtool_takes_the_file(file: Path) -> None:
    assert check_rules(file) is None


def test_promtool_says_what_is_wrong(tmp_path: Path) -> None:
    broken = tmp_path / "broken.yaml"
    broken.write_text("groups: [{name: a, rules: [{alert: b, expr: 'sum('}]}]", encoding="utf-8")
    assert "parse error" in (check_rules(broken) or "")


def test_each_rule_has_a_case() -> None:
    assert [case.id for case in CASES if case.id not in rules()] == []
    assert sorted(case.id for case in CASES) == sorted(rules())


def test_each_rule_rings_with_the_series_that_must_and_is_quiet_with_those_that_must_not(
    file: Path, tmp_path: Path
) -> None:
    looks = [
        Look(series=series, alert=case.id, minute=case.minute, rings=rings)
        for case in CASES
        for series, rings in ((case.fires, True), (case.quiet, False))
    ]
    assert run_looks(file, looks, job=JOB, folder=tmp_path) is None


def test_a_stack_that_may_be_empty_rings_for_what_is_there(tmp_path: Path) -> None:
    file = tmp_path / "moving.yaml"
    facts = replace(FACTS, moving=True, min_replicas=0)
    file.write_text(rules_yaml(stack=STACK, facts=facts, thresholds={}, runbook_url=RUNBOOK), encoding="utf-8")
    assert check_rules(file) is None
    looks = [
        Look(series=series, alert=case.id, minute=case.minute, rings=rings)
        for case in MOVING
        for series, rings in ((case.fires, True), (case.quiet, False))
    ]
    assert run_looks(file, looks, job=JOB, folder=tmp_path) is None


def test_of_a_stack_that_is_empty_nothing_rings(tmp_path: Path) -> None:
    file = tmp_path / "moving.yaml"
    facts = replace(FACTS, moving=True, min_replicas=0)
    file.write_text(rules_yaml(stack=STACK, facts=facts, thresholds={}, runbook_url=RUNBOOK), encoding="utf-8")
    looks = [Look(series=NOBODY, alert=case.id, minute=59, rings=False) for case in CASES]
    assert run_looks(file, looks, job=JOB, folder=tmp_path) is None


def test_a_look_that_is_wrong_is_seen(file: Path, tmp_path: Path) -> None:
    wrong = [Look(series=case.quiet, alert=case.id, minute=case.minute, rings=True) for case in CASES]
    said = run_looks(file, wrong, job=JOB, folder=tmp_path)
    assert said is not None
    assert [case.id for case in CASES if f'alertname=\\"{case.id}\\"' not in said] == []


def lasting() -> list[Case]:
    """Of rules that wait: for those the case's minute is the first at which they may ring."""
    gauges = {watch.id: watch.condition for watch in METRIC_WATCHES if isinstance(watch.condition, MetricCondition)}
    return [
        case
        for case in CASES
        if case.id in gauges and gauges[case.id].period_s == 60 and periods(gauges[case.id], FACTS) > 1
    ]


def test_a_rule_rings_in_its_last_bad_minute_and_not_before(file: Path, tmp_path: Path) -> None:
    early = [Look(series=case.fires, alert=case.id, minute=case.minute - 1, rings=False) for case in lasting()]
    assert len(early) > 8
    assert run_looks(file, early, job=JOB, folder=tmp_path) is None


def test_hosts_of_another_stack_ring_nothing(file: Path, tmp_path: Path) -> None:
    """But where no data is an outage: then this stack has none."""
    by_silence = {"service-down", "no-healthy-host", "missing-replicas", "metrics-missing"}
    looks = [Look(series=case.fires, alert=case.id, minute=case.minute, rings=case.id in by_silence) for case in CASES]
    assert run_looks(file, looks, job="vllm-other", folder=tmp_path) is None


def test_what_happens_once_rings_once(file: Path, tmp_path: Path) -> None:
    once = {"slow-boot", "host-replaced", "spot-interruption", "requests-cut", "gpu-xid"}
    later = [Look(series=case.fires, alert=case.id, minute=15, rings=False) for case in CASES if case.id in once]
    assert len(later) == len(once)
    assert run_looks(file, later, job=JOB, folder=tmp_path) is None


def test_no_data_rings_only_where_it_is_an_outage(file: Path, tmp_path: Path) -> None:
    missing = {watch.id: watch.condition for watch in METRIC_WATCHES}
    looks = [
        Look(
            series={'unrelated{instance="a"}': "1x60"},
            alert=case.id,
            minute=45,
            rings=case.id == "service-down" or getattr(missing.get(case.id), "missing", "") == "breaching",
        )
        for case in CASES
    ]
    assert run_looks(file, looks, job=JOB, folder=tmp_path) is None


@pytest.mark.parametrize("watch", METRIC_WATCHES, ids=lambda watch: watch.id)
def test_limit_and_time_are_those_of_cloudwatch(watch: Watch) -> None:
    condition = watch.condition
    assert isinstance(condition, MetricCondition)
    measure = measure_of(watch, job=JOB)
    if measure is None:
        assert isinstance(watch.prometheus, AwsOnly)
        assert watch.prometheus.reason
        return
    rule = rules()[watch.id]
    limit = threshold_of(watch, condition, facts=FACTS, given={})
    assert rule["expr"] == f"({measure}) {OPERATORS[condition.comparison]} {limit:.12g}"
    rest_s = (periods(condition, FACTS) - 1) * condition.period_s
    assert rule.get("for", "0s") == duration(rest_s)
    # What `for` leaves out, the measure looks back itself.
    assert set(re.findall(r"\[(\w+)\]", measure)) <= {duration(condition.period_s)}


def test_counters_and_histograms_look_back_over_several_scrapes() -> None:
    for name, rule in rules().items():
        if "[" in rule["expr"]:
            assert re.search(r"\[(5m|1h)\]", rule["expr"]), name


def test_a_given_threshold_acts_on_its_rule_alone() -> None:
    changed, default = rules(requests_waiting=3), rules()
    assert changed.pop("requests-waiting")["expr"].endswith(">= 3")
    del default["requests-waiting"]
    assert changed == default


def test_rules_say_where_to_read_on_and_how_bad_it_is() -> None:
    for watch in WATCHES:
        if watch.id in rules():
            rule = rules()[watch.id]
            assert rule["annotations"]["runbook_url"] == f"{RUNBOOK}#{watch.id}"
            assert rule["labels"]["severity"] == watch.severity
            assert rule["labels"]["stack"] == STACK
            assert watch.why in rule["annotations"]["summary"]
            assert watch.first_action in rule["annotations"]["description"]


def test_an_outage_holds_back_what_it_is_made_of_and_what_follows_from_it() -> None:
    (inhibit,) = inhibit_rules()
    assert inhibit["source_matchers"] == ['alertname="service-down"']
    assert inhibit["target_matchers"] == ['silenced_by="service-down"']
    held = {name for name, rule in rules().items() if rule["labels"].get("silenced_by") == "service-down"}
    assert held == {watch.id for watch in WATCHES if speaker_of(watch)} & set(rules())
    assert {"no-healthy-host", "metrics-missing"} <= held
    assert "service-down" not in held


def test_a_rule_on_alerts_comes_after_them_in_their_group() -> None:
    for group in groups(stack=STACK, facts=FACTS, thresholds={}, runbook_url=RUNBOOK):
        on_alerts = ["ALERTS{" in rule["expr"] for rule in group["rules"]]
        assert on_alerts == sorted(on_alerts)


def test_the_head_says_how_to_scrape_and_is_a_comment() -> None:
    text = rules_yaml(stack=STACK, facts=FACTS, thresholds={}, runbook_url=RUNBOOK, job="mine")
    head = text[: text.index("groups:")]
    assert all(line.startswith("#") for line in head.splitlines())
    assert "job_name: mine" in head
    assert 'job="vllm-dev"' not in text
    assert yaml.safe_load(head.split("inhibit_rules:")[1]) == inhibit_rules()


def test_the_job_is_filled_in_beside_other_labels() -> None:
    assert with_job('a{job} + b{job,x="y"}', job="j") == 'a{job="j"} + b{job="j",x="y"}'


def test_a_row_without_a_measure_is_refused() -> None:
    (watch,) = [each for each in METRIC_WATCHES if each.id == "unhealthy-host"]
    bare = Watch(
        id=watch.id, severity=watch.severity, why=watch.why, first_action=watch.first_action, condition=watch.condition
    )
    with pytest.raises(LookupError, match="unhealthy-host: say what Prometheus measures for UnHealthyHostCount"):
        measure_of(bare, job=JOB)


def test_every_twin_selects_the_job() -> None:
    twins = [watch.prometheus for watch in WATCHES if isinstance(watch.prometheus, Twin)]
    assert len(twins) > 4
    for twin in twins:
        names = re.findall(r"\b(?:vllm:|vllm_host_|http_|up\b)\w*(\{?)", twin.measure)
        assert names == ["{"] * len(names), twin.measure
        assert twin.measure.count("{") == twin.measure.count("{job"), twin.measure
