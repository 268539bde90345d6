"""What Prometheus, Alertmanager and Grafana read when they start beside vLLM: whom to ask, whom to tell. Pure texts.

Formats: "Configuration" of Prometheus and of Alertmanager (prometheus.io), "Provision Grafana" (grafana.com).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml

from monitoring.rules import inhibit_rules

SCRAPE_S = 15
DASHBOARDS_FOLDER = "/etc/grafana/dashboards"


def prometheus_yml(*, job: str, vllm: str, alertmanager: str, rules_file: str) -> str:
    """``job``: by which rules select; ``vllm``, ``alertmanager``: host and port of each."""
    return _yaml(
        {
            "global": {"scrape_interval": f"{SCRAPE_S}s", "evaluation_interval": f"{SCRAPE_S}s"},
            "rule_files": [rules_file],
            "alerting": {"alertmanagers": [{"static_configs": [{"targets": [alertmanager]}]}]},
            "scrape_configs": [{"job_name": job, "static_configs": [{"targets": [vllm]}]}],
        }
    )


def alertmanager_yml() -> str:
    """Alerts are shown, an outage without what follows from it, and nobody is told."""
    route = {"receiver": "shown-only", "group_by": ["alertname"]}
    return _yaml({"route": route, "inhibit_rules": inhibit_rules(), "receivers": [{"name": "shown-only"}]})


def datasources_yml(*, prometheus: str, alertmanager: str) -> str:
    """Both as URLs that Grafana reaches."""
    return _yaml(
        {
            "apiVersion": 1,
            "datasources": [
                {
                    "name": "Prometheus",
                    "uid": "prometheus",
                    "type": "prometheus",
                    "access": "proxy",
                    "url": prometheus,
                    "isDefault": True,
                    "jsonData": {"timeInterval": f"{SCRAPE_S}s", "manageAlerts": True},
                },
                {
                    "name": "Alertmanager",
                    "uid": "alertmanager",
                    "type": "alertmanager",
                    "access": "proxy",
                    "url": alertmanager,
                    "jsonData": {"implementation": "prometheus"},
                },
            ],
        }
    )


def dashboards_yml() -> str:
    """Where the dashboards are that nobody can change in the browser but as a copy."""
    provider = {"name": "vllm", "type": "file", "options": {"path": DASHBOARDS_FOLDER}}
    return _yaml({"apiVersion": 1, "providers": [provider]})


def _yaml(value: Mapping[str, Any]) -> str:
    text: str = yaml.safe_dump(value, sort_keys=False)
    return text
