"""Prometheus beside vLLM: what the publisher and CloudWatch's alarms are on AWS, with the rules of the same table."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.local import alertmanager, server
from components.local.watcher import Place, Watcher, run
from components.local.watching_files import prometheus_yml
from userdata.options import PROMETHEUS_IMAGE

ALIAS = "prometheus"
PORT = 9090
CONF_FILE = "/etc/prometheus/prometheus.yml"
RULES_FILE = "/etc/prometheus/rules.yml"
DATA = "/prometheus"
KEPT = "15d"
KEPT_SIZE = "2GB"


@dataclass(frozen=True, kw_only=True)
class PrometheusArgs:
    """``job``: as the rules name it. ``rules``: the text of the rule file. ``port``: of this machine."""

    job: str
    rules: str
    port: int
    place: Place


class Prometheus(pulumi.ComponentResource):
    """Asks vLLM itself, on the stack's network: the front does not pass on ``/metrics``."""

    url: str

    def __init__(self, name: str, args: PrometheusArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:LocalPrometheus", name, None, opts)
        conf = prometheus_yml(
            job=args.job,
            vllm=f"{server.ALIAS}:{server.PORT}",
            alertmanager=f"{alertmanager.ALIAS}:{alertmanager.PORT}",
            rules_file=RULES_FILE,
        )
        watcher = Watcher(
            name=args.place.names.prometheus,
            image=PROMETHEUS_IMAGE,
            alias=ALIAS,
            kept=DATA,
            check=["promtool", "query", "instant", f"http://localhost:{PORT}", "vector(1)"],
            files={CONF_FILE: conf, RULES_FILE: args.rules},
            port=args.port,
            internal=PORT,
            command=[
                f"--config.file={CONF_FILE}",
                f"--storage.tsdb.path={DATA}",
                f"--storage.tsdb.retention.time={KEPT}",
                f"--storage.tsdb.retention.size={KEPT_SIZE}",
                f"--web.external-url=http://localhost:{args.port}",  # what its alerts point to
            ],
        )
        run(name, watcher, args.place, parent=self)
        self.url = watcher.url
        self.register_outputs({"url": self.url})
