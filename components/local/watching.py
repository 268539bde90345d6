"""What watches a stack on this machine: Prometheus, Alertmanager and Grafana, with the files of the one table."""

from __future__ import annotations

from collections.abc import Mapping

from components.local.alertmanager import Alertmanager, AlertmanagerArgs
from components.local.grafana import Grafana, GrafanaArgs
from components.local.prometheus import Prometheus, PrometheusArgs
from components.local.watcher import Place
from config.models import StackConfig
from machine.alert_routes import own_routes
from machine.ports import ports
from monitoring.alarms import metric_alarms
from monitoring.facts import Facts
from monitoring.grafana import grafana_json
from monitoring.lines import Prices
from monitoring.local_rules import local_rules_yaml
from monitoring.promql import job_name
from monitoring.rules import RUNBOOK
from sizing.plan import Plan


def watching(config: StackConfig, plan: Plan, place: Place) -> Mapping[str, str]:
    """Make them; the stack's outputs that they bring."""
    stack, names, port = config.stack, place.names, ports(config)
    facts, thresholds = Facts.of(plan), config.monitoring.thresholds
    rules = local_rules_yaml(stack=stack, facts=facts, thresholds=thresholds, runbook_url=RUNBOOK)
    alarms = metric_alarms(stack=stack, facts=facts, thresholds=thresholds)
    told = Alertmanager(
        "vllm-alertmanager",
        AlertmanagerArgs(routes=own_routes(stack), port=port[names.alertmanager], place=place),
    )
    judged = Prometheus(
        "vllm-prometheus",
        PrometheusArgs(job=job_name(stack), rules=rules, port=port[names.prometheus], place=place),
    )
    dashboard = grafana_json(stack=stack, alarms=alarms, prices=Prices.of(plan), publisher=False)
    shown = Grafana("vllm-grafana", GrafanaArgs(dashboard=dashboard, port=port[names.grafana], place=place))
    return {"dashboard_url": shown.url, "prometheus_url": judged.url, "alertmanager_url": told.url}
