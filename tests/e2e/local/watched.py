"""The life of a watched stack on one machine: a load that fills vLLM's queue, and who is told of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

from machine.alert_routes import routes_file
from machine.names import Names
from monitoring.promql import job_name
from rehearsal.aws.server import EmulatedAws
from rehearsal.engine.events import Run
from rehearsal.host.image import HUB_ADDRESS
from rehearsal.host.relay import Port, relay
from rehearsal.host.web import serve
from tests.e2e.local.asked import json_of
from tests.e2e.local.crowd import crowd
from tests.e2e.local.publishing import Percentile, percentiles, publisher
from tests.e2e.local.receiver import Receiver
from tests.e2e.local.stand import PORT, STACK, Answer, Left, Said, Stand
from tests.e2e.processes import await_that

NAMES = Names(STACK)
GRAFANA, PROMETHEUS, ALERTMANAGER = (f"http://127.0.0.1:{PORT + offset}" for offset in (1, 2, 3))
RECEIVER_PORT = 9999
ROUTES = f"""\
route: {{receiver: me, group_by: [alertname], group_wait: 0s, group_interval: 1s}}
receivers: [{{name: me, webhook_configs: [{{url: "http://{HUB_ADDRESS}:{RECEIVER_PORT}/"}}]}}]
"""
ALARM = "requests-waiting"
SEQUENCES = 2
HURRY = 20  # a minute of the rules lasts 3 s
WAIT_S = 600.0  # a busy machine lets scrapes out, and the condition begins anew
READ = {
    NAMES.grafana: (
        "/etc/grafana/dashboards/vllm.json",
        "/etc/grafana/provisioning/dashboards/vllm.yaml",
        "/etc/grafana/provisioning/datasources/vllm.yaml",
    ),
}
FILES = {
    NAMES.prometheus: ("/etc/prometheus/prometheus.yml", "/etc/prometheus/rules.yml"),
}


@dataclass(frozen=True, kw_only=True)
class WatchedLife:
    """In the order in which it happened. ``read``: what Grafana's own user reads, by path; ``rules``: as Prometheus has
    loaded them; ``told``, ``ended``: the messages of the receiver about the alarm; ``p95``: by metric of CloudWatch."""

    up: Run
    outputs: Mapping[str, Any]
    containers: Mapping[str, Mapping[str, Any]]
    targets: Sequence[Mapping[str, Any]]
    rules: Sequence[Mapping[str, Any]]
    read: Mapping[str, str]
    by_ops: Said
    firing: Sequence[Mapping[str, Any]]
    shown: Sequence[Mapping[str, Any]]
    told: Mapping[str, Any]
    ended: Mapping[str, Any]
    answers: Sequence[Answer]
    p95: Mapping[str, Percentile]
    settled: Run
    state: str
    destroy: Run
    left: Left


def play(stand: Stand) -> WatchedLife:
    engine = stand.engine
    key = stand.new_key("first")
    _configure(stand)
    receiver = Receiver()
    with _listening(stand, receiver):
        up = engine.up()
        looked = _look(stand)
        _hurry(stand)
        loaded = _load(stand, key=key, receiver=receiver)
    return WatchedLife(
        up=up,
        **looked,
        **loaded,
        settled=engine.preview(),
        state=stand.state_text(),
        destroy=engine.destroy(exclude_protected=True),
        left=stand.left(),
    )


def _configure(stand: Stand) -> None:
    def change(config: dict[str, Any]) -> None:
        config["vllm:monitoring"] = {"prometheus": "local"}
        config["vllm:serving"]["maxNumSeqs"] = SEQUENCES

    stand.engine.edit_config(change)
    file = routes_file(STACK)
    file.parent.mkdir(parents=True)
    file.write_text(ROUTES)
    file.chmod(0o600)


@contextmanager
def _listening(stand: Stand, receiver: Receiver) -> Iterator[None]:
    socket = stand.machine.folder / "receiver.sock"
    with ExitStack() as stack:
        stack.enter_context(serve(respond=receiver.respond, socket=socket))
        stack.enter_context(relay(listen=Port(number=RECEIVER_PORT, host=HUB_ADDRESS), connect=socket))
        yield


def _look(stand: Stand) -> dict[str, Any]:
    docker = stand.machine.docker
    await_that(lambda: bool(_up()), what="a scrape of vLLM", timeout_s=WAIT_S)
    return {
        "outputs": stand.engine.outputs(),
        "containers": {name: stand.inspected(name) for name in (NAMES.prometheus, NAMES.alertmanager, NAMES.grafana)},
        "targets": json_of(f"{PROMETHEUS}/api/v1/targets")["data"]["activeTargets"],
        "rules": _rules(),
        "read": {file: docker("exec", name, "cat", file) for name, files in READ.items() for file in files},
        "by_ops": stand.ops("alarms", "list"),
    }


def _up() -> Sequence[Any]:
    found: Sequence[Any] = json_of(f"{PROMETHEUS}/api/v1/query?query=up==1")["data"]["result"]
    return found


def _rules() -> list[dict[str, Any]]:
    groups = json_of(f"{PROMETHEUS}/api/v1/rules")["data"]["groups"]
    return [rule for group in groups for rule in group["rules"]]


def _hurry(stand: Stand) -> None:
    """The same files with shorter minutes, for the Prometheus that runs: an alarm of five minutes takes seconds."""
    for name, files in FILES.items():
        for file in files:
            here = stand.machine.folder / "hurried"
            stand.machine.docker("cp", f"{name}:{file}", str(here))
            here.write_text(hurried(here.read_text(), by=HURRY))
            stand.machine.docker("cp", str(here), f"{name}:{file}")
    stand.machine.docker("kill", "--signal", "HUP", NAMES.prometheus)
    before = {rule["name"]: rule.get("duration") for rule in _rules()}
    assert before
    await_that(lambda: _interval() < 1, what="the hurried configuration", timeout_s=WAIT_S)


def _interval() -> float:
    """Seconds between two scrapes."""
    text: str = json_of(f"{PROMETHEUS}/api/v1/status/config")["data"]["yaml"]
    found = re.search(r"scrape_interval: (\d+)ms", text)
    return int(found[1]) / 1000 if found else 60.0


def hurried(text: str, *, by: int) -> str:
    """Every duration of PromQL and of Prometheus' files, such as ``5m`` or ``15s``, divided."""
    units = {"s": 1000, "m": 60_000, "h": 3_600_000}
    return re.sub(
        r"(?<=[\[: ])(\d+)([smh])(?=[\]:\s])", lambda found: f"{int(found[1]) * units[found[2]] // by}ms", text
    )


def _load(stand: Stand, *, key: str, receiver: Receiver) -> dict[str, Any]:
    with EmulatedAws() as aws:
        told = publisher(
            stack=STACK,
            vllm=_address(stand),
            folder=stand.machine.folder / "publisher",
            environment=aws.clean_environment(),
        )
        with told, crowd(stand, key=key, size=2 * SEQUENCES + 1) as answers:
            await_that(lambda: bool(receiver.about(ALARM, "firing")), what=f"a message of {ALARM}", timeout_s=WAIT_S)
            firing = json_of(f"{PROMETHEUS}/api/v1/alerts")["data"]["alerts"]
            shown = json_of(f"{ALERTMANAGER}/api/v2/alerts")
        await_that(lambda: bool(receiver.about(ALARM, "resolved")), what=f"the end of {ALARM}", timeout_s=WAIT_S)
        p95 = percentiles(aws, stack=STACK, prometheus=PROMETHEUS, job=job_name(STACK))
    return {
        "firing": firing,
        "shown": shown,
        "told": receiver.about(ALARM, "firing")[0],
        "ended": receiver.about(ALARM, "resolved")[0],
        "answers": tuple(answers),
        "p95": p95,
    }


def _address(stand: Stand) -> str:
    """Of vLLM on the stack's network."""
    networks = stand.inspected(NAMES.server)["NetworkSettings"]["Networks"]
    return str(networks[NAMES.network]["IPAddress"])
