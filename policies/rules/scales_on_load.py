"""Replicas are added for requests, not for how busy a GPU or a CPU is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from policies.model import Deployment, Finding, Rule, found

POLICY = "aws:autoscaling/policy:Policy"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
BUSY = re.compile(r"utili[sz]ation|gpu|cpu", re.IGNORECASE)
KEYS = ("metricName", "predefinedMetricType")


def check(deployment: Deployment) -> Iterator[Finding]:
    policies = deployment.of_type(POLICY)
    urns = {policy.urn for policy in policies}
    alarms = [item for item in deployment.of_type(ALARM) if urns & set(item.depends.get("alarmActions", ()))]
    for resource in (*policies, *alarms):
        if names := sorted({name for name in _metrics(resource.inputs) if BUSY.search(name)}):
            yield found(resource, f"the number of replicas follows {', '.join(names)}")


def _metrics(value: Any) -> Iterator[str]:
    """Their names, however deep."""
    if isinstance(value, Mapping):
        yield from (str(value[key]) for key in KEYS if value.get(key))
        for item in value.values():
            yield from _metrics(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _metrics(item)


RULE = Rule(
    id="scales-on-load",
    level="mandatory",
    says="The number of replicas follows requests or the KV cache, never the utilisation of a GPU or a CPU.",
    cause="vLLM keeps a GPU at 100 % with one request as with fifty: the fleet grows to its maximum and stays there",
    remedy="keep the metrics of `LOAD` (monitoring/scaling.py) in components/aws/scaling.py, and set "
    "`scaling.signal` and `scaling.target`",
    check=check,
)
