"""The committed stack on one machine with what watches it: real engine, Docker, vLLM, Prometheus and Alertmanager."""

from __future__ import annotations

import bisect
import json

import pytest
import yaml

from monitoring.contract import contract
from monitoring.promql import job_name
from monitoring.published import PUBLISHED
from tests.e2e.local.lives import LocalLives
from tests.e2e.local.stand import STACK
from tests.e2e.local.test_cpu import types
from tests.e2e.local.watched import ALARM, NAMES, RECEIVER_PORT, WatchedLife

pytestmark = pytest.mark.e2e

HISTOGRAMS = {each.name: each.series.name for each in PUBLISHED if each.series.kind == "histogram"}
WATCHERS = (NAMES.prometheus, NAMES.alertmanager, NAMES.grafana)


@pytest.fixture(scope="module")
def life(local_lives: LocalLives) -> WatchedLife:
    life = local_lives.of("watched")
    assert isinstance(life, WatchedLife)
    return life


def test_three_containers_join_the_stack(life: WatchedLife) -> None:
    made = types(life.up, "create")
    assert (made.count("Container"), made.count("Volume"), made.count("RemoteImage")) == (5, 5, 5)
    for name, port in zip((NAMES.grafana, NAMES.prometheus, NAMES.alertmanager), (8001, 8002, 8003), strict=True):
        assert life.containers[name]["State"]["Health"]["Status"] == "healthy"
        (bound,) = life.containers[name]["HostConfig"]["PortBindings"].values()
        assert bound == [{"HostIp": "127.0.0.1", "HostPort": str(port)}]
    assert life.outputs["dashboard_url"] == "http://localhost:8001"
    assert life.outputs["prometheus_url"] == "http://localhost:8002"
    assert life.outputs["alertmanager_url"] == "http://localhost:8003"


def test_none_of_them_runs_as_root(life: WatchedLife) -> None:
    assert {name: life.containers[name]["Config"]["User"] not in ("", "0") for name in WATCHERS} == dict.fromkeys(
        WATCHERS, True
    )


def test_prometheus_asks_vllm_itself(life: WatchedLife) -> None:
    (target,) = life.targets
    assert target["health"] == "up", target["lastError"]
    assert target["labels"]["job"] == job_name(STACK)


def test_every_rule_is_evaluated(life: WatchedLife) -> None:
    assert {ALARM, "vllm-down", "service-down", "slow-first-token"} <= {rule["name"] for rule in life.rules}
    assert not [rule for rule in life.rules if "vllm_host_" in rule["query"]]
    assert {rule["health"] for rule in life.rules} <= {"ok", "unknown"}, "unknown: not yet"


def test_grafana_reads_the_dashboard_and_where_its_data_is(life: WatchedLife) -> None:
    dashboard, provider, sources = (life.read[file] for file in sorted(life.read))
    assert json.loads(dashboard)["panels"]
    (found,) = yaml.safe_load(provider)["providers"]
    assert found["options"]["path"] == "/etc/grafana/dashboards"
    assert [source["type"] for source in yaml.safe_load(sources)["datasources"]] == ["prometheus", "alertmanager"]


def test_the_alarms_are_listed(life: WatchedLife) -> None:
    assert life.by_ops.returncode == 0, life.by_ops.stdout + life.by_ops.stderr
    assert ALARM in life.by_ops.stdout


def test_a_full_queue_rings(life: WatchedLife) -> None:
    (alert,) = [alert for alert in life.firing if alert["labels"]["alertname"] == ALARM]
    assert alert["state"] == "firing"
    assert alert["labels"]["stack"] == STACK
    assert float(alert["value"]) >= 2
    assert ALARM in {alert["labels"]["alertname"] for alert in life.shown}


def test_whoever_is_named_is_told_and_told_of_the_end(life: WatchedLife) -> None:
    assert life.told["annotations"]["runbook_url"] == f"docs/runbook.md#{ALARM}"
    assert life.told["annotations"]["summary"].startswith(f"[{STACK}] ")
    assert life.told["generatorURL"].startswith("http://localhost:8002/")
    assert life.ended["fingerprint"] == life.told["fingerprint"]
    assert life.ended["endsAt"] > life.told["startsAt"]


@pytest.mark.parametrize("metric", HISTOGRAMS)
def test_cloudwatch_and_prometheus_agree_within_a_bucket(life: WatchedLife, metric: str) -> None:
    """The same requests through the real publisher to CloudWatch, and through a scrape to ``histogram_quantile``."""
    found = life.p95[metric]
    bounds = contract().metrics[HISTOGRAMS[metric]].buckets
    cloudwatch, prometheus = (bisect.bisect_left(bounds, value) for value in (found.cloudwatch, found.prometheus))
    assert abs(cloudwatch - prometheus) <= 1, found
    assert found.cloudwatch > 0


def test_the_load_was_served_meanwhile(life: WatchedLife) -> None:
    assert life.answers
    assert {answer.status for answer in life.answers} <= {200, 503}, "503: the queue was full"


def test_whom_alertmanager_tells_is_not_written_into_the_state(life: WatchedLife) -> None:
    assert f":{RECEIVER_PORT}/" not in life.state


def test_nothing_changes_when_nothing_changed(life: WatchedLife) -> None:
    assert not life.settled.touched, life.settled.text


def test_destroy_leaves_the_model_alone(life: WatchedLife) -> None:
    assert life.left.volumes == {NAMES.huggingface_volume, NAMES.compile_volume}
    assert not life.left.containers | life.left.networks | life.left.state
