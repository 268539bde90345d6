"""Grafana beside vLLM: the stack's dashboard, on this machine and without a login."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.local import alertmanager, prometheus
from components.local.watcher import Place, Watcher, run
from components.local.watching_files import DASHBOARDS_FOLDER, dashboards_yml, datasources_yml

IMAGE = "grafana/grafana:11.6.0"  # the version whose schema the dashboard is made for
ALIAS = "grafana"
PORT = 3000
DATA = "/var/lib/grafana"
DASHBOARD_FILE = f"{DASHBOARDS_FOLDER}/vllm.json"
PROVISIONING = "/etc/grafana/provisioning"
SETTINGS: Mapping[str, str] = {
    # Whoever is on this machine may look, explore and save copies; there is no account with a known password.
    "GF_AUTH_ANONYMOUS_ENABLED": "true",
    "GF_AUTH_ANONYMOUS_ORG_ROLE": "Editor",
    "GF_AUTH_DISABLE_LOGIN_FORM": "true",
    "GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION": "true",
    "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH": DASHBOARD_FILE,
    # Nothing is sent to or fetched from grafana.com.
    "GF_ANALYTICS_REPORTING_ENABLED": "false",
    "GF_ANALYTICS_CHECK_FOR_UPDATES": "false",
    "GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES": "false",
    "GF_NEWS_NEWS_FEED_ENABLED": "false",
    "GF_PLUGINS_PREINSTALL_DISABLED": "true",
}
"""Of grafana.ini, as its environment variables are named ("Configure Grafana", grafana.com)."""


@dataclass(frozen=True, kw_only=True)
class GrafanaArgs:
    """``dashboard``: its JSON. ``port``: of this machine."""

    dashboard: str
    port: int
    place: Place


class Grafana(pulumi.ComponentResource):
    """Shows what Prometheus keeps; the dashboard is its home page."""

    url: str

    def __init__(self, name: str, args: GrafanaArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:LocalGrafana", name, None, opts)
        datasources = datasources_yml(
            prometheus=f"http://{prometheus.ALIAS}:{prometheus.PORT}",
            alertmanager=f"http://{alertmanager.ALIAS}:{alertmanager.PORT}",
        )
        watcher = Watcher(
            name=args.place.names.grafana,
            image=IMAGE,
            alias=ALIAS,
            kept=DATA,
            check=["wget", "-q", "-O", "/dev/null", f"http://127.0.0.1:{PORT}/api/health"],
            files={
                f"{PROVISIONING}/datasources/vllm.yaml": datasources,
                f"{PROVISIONING}/dashboards/vllm.yaml": dashboards_yml(),
                DASHBOARD_FILE: args.dashboard,
            },
            port=args.port,
            internal=PORT,
            environment={**SETTINGS, "GF_SERVER_ROOT_URL": f"http://localhost:{args.port}/"},
        )
        run(name, watcher, args.place, parent=self)
        self.url = watcher.url
        self.register_outputs({"url": self.url})
