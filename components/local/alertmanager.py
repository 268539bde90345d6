"""Alertmanager beside vLLM: groups what Prometheus finds and shows it, or tells whom the user's own file names."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.local.watcher import Place, Watcher, run
from components.local.watching_files import alertmanager_yml

IMAGE = "prom/alertmanager:v0.34.1"
ALIAS = "alertmanager"
PORT = 9093
CONF_FILE = "/etc/alertmanager/alertmanager.yml"
DATA = "/alertmanager"


@dataclass(frozen=True, kw_only=True)
class AlertmanagerArgs:
    """``routes``: the user's own configuration, with passwords of receivers perhaps; None: ours. ``port``: of this
    machine."""

    routes: str | None
    port: int
    place: Place


class Alertmanager(pulumi.ComponentResource):
    """One of its own: no cluster."""

    url: str

    def __init__(self, name: str, args: AlertmanagerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:LocalAlertmanager", name, None, opts)
        own = args.routes
        watcher = Watcher(
            name=args.place.names.alertmanager,
            image=IMAGE,
            alias=ALIAS,
            kept=DATA,
            check=["amtool", f"--alertmanager.url=http://localhost:{PORT}", "config", "show"],
            files={CONF_FILE: alertmanager_yml() if own is None else pulumi.Output.secret(own)},
            port=args.port,
            internal=PORT,
            command=[
                f"--config.file={CONF_FILE}",
                f"--storage.path={DATA}",
                "--cluster.listen-address=",
                f"--web.external-url=http://localhost:{args.port}",  # what its messages point to
            ],
        )
        run(name, watcher, args.place, parent=self)
        self.url = watcher.url
        self.register_outputs({"url": self.url})
