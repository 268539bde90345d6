"""The rules of a stack on one machine: those that vLLM's own series can make true, and no others."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from monitoring.contract import PATH
from monitoring.facts import Facts
from monitoring.local_rules import local_rules_yaml
from monitoring.promql import job_name
from monitoring.rules import groups
from tests.machine.local_stack import planned

_, PLAN = planned()
FACTS = Facts.of(PLAN)
NAMES = re.compile(r"\b(vllm:\w+|http_\w+|up)\{")


def rules(text: str) -> dict[str, dict[str, Any]]:
    return {rule["alert"]: rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]}


def local(**thresholds: float) -> dict[str, dict[str, Any]]:
    return rules(local_rules_yaml(stack="local", facts=FACTS, thresholds=thresholds, runbook_url="docs/runbook.md"))


def test_what_vllm_says_itself_is_watched() -> None:
    assert local().keys() >= {
        *("vllm-down", "service-down", "requests-waiting", "running-at-ceiling", "preemptions"),
        *("rejections", "error-finishes", "server-errors", "slow-first-token", "slow-tokens", "slow-responses"),
    }


def test_whether_vllm_answers_is_what_prometheus_says_of_its_target() -> None:
    assert f'up{{job="{job_name("local")}"}}' in local()["vllm-down"]["expr"]


def test_what_only_a_publisher_knows_is_left_out() -> None:
    found = local()
    assert not found.keys() & {"gpu-xid", "gpu-temperature", "cache-disk", "kv-cache-full", "stalled-tokens"}
    assert not [rule for rule in found.values() if "vllm_host_" in rule["expr"]]


def test_every_series_is_one_that_vllm_exports() -> None:
    exported = set(json.loads(PATH.read_text())["metrics"]) | {"up"}
    for rule in local().values():
        asked = NAMES.findall(rule["expr"])
        assert asked or "ALERTS{" in rule["expr"], rule
        assert {re.sub(r"_bucket$", "", name) for name in asked} <= exported, rule


def test_the_rest_is_as_the_table_has_it() -> None:
    table = groups(stack="local", facts=FACTS, thresholds={}, runbook_url="docs/runbook.md")
    all_rules = {rule["alert"]: rule for group in table for rule in group["rules"]}
    same = {name: rule for name, rule in local().items() if "up{" not in rule["expr"]}
    assert same
    assert same == {name: all_rules[name] for name in same}


def test_a_threshold_of_the_stack_file_goes_first() -> None:
    assert local(**{"requests-waiting": 9})["requests-waiting"]["expr"].endswith(">= 9")


def test_the_same_stack_has_the_same_text() -> None:
    def text() -> str:
        return local_rules_yaml(stack="local", facts=FACTS, thresholds={}, runbook_url="x")

    assert text() == text()
