"""A stack with Amazon Managed Service for Prometheus and a scraper of the user's, on the real engine and provider."""

from __future__ import annotations

import json

import pytest
import yaml

from rehearsal.aws.environment import FAKE_KEY
from tests.e2e.lives import Lives
from tests.e2e.watched_life import SCRAPERS, WATCHED, WatchedLife
from tests.program.cases import Case, load_case

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def life(lives: Lives) -> WatchedLife:
    return lives.of_watched()


@pytest.fixture
def asked() -> Case:
    return load_case(WATCHED)


def test_the_engine_creates_what_the_graph_has(life: WatchedLife, asked: Case) -> None:
    assert {step.op for step in life.up.steps} == {"create"}
    graph = {resource.urn for resource in asked.graph if resource is not asked.graph.stack}
    assert {step.urn for step in life.up.steps} == graph


def test_a_second_up_changes_nothing_and_a_refresh_finds_no_drift(life: WatchedLife) -> None:
    assert life.second_up.touched == ()
    assert life.refresh.touched == ()


def test_the_workspace_has_the_rules_of_the_table(life: WatchedLife, asked: Case) -> None:
    assert life.workspace.described["alias"] == "vllm-dev"
    in_graph = asked.only("aws:amp/ruleGroupNamespace:RuleGroupNamespace").inputs["data"]
    assert yaml.safe_load(life.workspace.rules) == yaml.safe_load(in_graph)


def test_its_alerts_reach_the_topic_which_lets_it_publish(life: WatchedLife) -> None:
    topic, arn = life.first.outputs["alarm_topic_arn"], life.workspace.described["arn"]
    inner = yaml.safe_load(yaml.safe_load(life.workspace.definition)["alertmanager_config"])
    assert inner["receivers"][0]["sns_configs"][0]["topic_arn"] == topic
    statements = json.loads(life.workspace.policy)["Statement"]
    (allowed,) = [item for item in statements if item["Principal"] == {"Service": "aps.amazonaws.com"}]
    assert allowed["Condition"]["ArnEquals"] == {"aws:SourceArn": arn}


def test_hosts_are_told_where_to_write(life: WatchedLife) -> None:
    endpoint = life.workspace.described["prometheusEndpoint"]
    assert life.first.outputs["prometheus_endpoint"] == endpoint
    assert f"url: {endpoint.rstrip('/')}/api/v1/remote_write" in life.first.user_data
    assert 'REMOTE_WRITE_IMAGE="prom/prometheus:v' in life.first.user_data


def test_who_is_named_may_read_the_metrics_and_nobody_else(life: WatchedLife) -> None:
    assert life.workspace.scrapers == SCRAPERS
    assert 'METRICS_PORT_OPEN="true"' in life.first.user_data


def test_a_threshold_changes_the_alarm_and_the_rule_in_place(life: WatchedLife) -> None:
    assert {(step.op, step.type.rpartition(":")[2]) for step in life.limit.touched} == {
        ("update", "MetricAlarm"),
        ("update", "RuleGroupNamespace"),
        ("update", "Dashboard"),
    }


def test_without_prometheus_the_workspace_goes_and_hosts_are_told(life: WatchedLife) -> None:
    assert {(step.op, step.type.rpartition(":")[2]) for step in life.off.touched} == {
        *(("delete", kind) for kind in ("Workspace", "RuleGroupNamespace", "AlertManagerDefinition")),
        *(("delete", kind) for kind in ("Prometheus", "PrometheusAlerts", "SecurityGroupIngressRule")),
        *(("update", kind) for kind in ("LaunchTemplate", "Group", "RolePolicy", "TopicPolicy")),
        ("update", "Dashboard"),  # says what the stack costs
        ("update", "Key"),  # Amazon's Prometheus publishes to the topic no more
    }


def test_destroy_leaves_nothing(life: WatchedLife) -> None:
    assert life.held == ()
    assert life.left == frozenset()
    assert life.workspaces_left == 0


def test_only_fake_keys_and_known_calls_arrived(life: WatchedLife) -> None:
    assert {call.access_key for call in life.calls} == {FAKE_KEY}
    assert [call for call in life.calls if call.status >= 500] == []
