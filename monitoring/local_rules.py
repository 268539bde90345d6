"""The rules of a stack on one machine, where Prometheus asks vLLM itself. Pure.

No publisher runs there, so its series (``vllm_host_...``) are not measured and rules on them are left out; but whether
vLLM answers is what Prometheus itself says of its target.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

import yaml

from monitoring.facts import Facts
from monitoring.published import HOST_PREFIX
from monitoring.rules import groups

_VLLM_UP = re.compile(rf"\b{HOST_PREFIX}vllm_up\b")
_ALERTS = re.compile(r'ALERTS\{alertname=~"([^"]+)"')


def local_rules_yaml(
    *, stack: str, facts: Facts, thresholds: Mapping[str, float], runbook_url: str, job: str | None = None
) -> str:
    """The whole file. ``job``: another name than ``monitoring.promql.job_name`` has."""
    found = groups(stack=stack, facts=facts, thresholds=thresholds, runbook_url=runbook_url, job=job)
    asked = [{**group, "rules": [_of_vllm(rule) for rule in group["rules"]]} for group in found]
    names = {rule["alert"] for group in asked for rule in group["rules"] if _is_measured(rule)}
    kept = [{**group, "rules": [rule for rule in group["rules"] if _can_ring(rule, names)]} for group in asked]
    return yaml.safe_dump(
        {"groups": [group for group in kept if group["rules"]]}, sort_keys=False, width=120, allow_unicode=True
    )


def _of_vllm(rule: Mapping[str, Any]) -> dict[str, Any]:
    return {**rule, "expr": _VLLM_UP.sub("up", rule["expr"])}


def _is_measured(rule: Mapping[str, Any]) -> bool:
    return HOST_PREFIX not in rule["expr"]


def _can_ring(rule: Mapping[str, Any], names: Collection[str]) -> bool:
    """A rule on other alerts needs one of them."""
    if on := _ALERTS.search(rule["expr"]):
        return any(name in names for name in on[1].split("|"))
    return rule["alert"] in names
