"""What the program makes for ``target: local`` with ``monitoring.prometheus: local``; real tools judge the files."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from components.local.grafana import SETTINGS
from machine.alert_routes import routes_file
from rehearsal.graph.model import Resource
from tests.e2e.support import need
from tests.program.local_cases import NETWORK, ONE_4090, VOLUME, LocalCase, local_case, machine, recorded

URNS = Path(__file__).parent / "urns" / "local-watched.txt"
REMOTE_IMAGE = "docker:index/remoteImage:RemoteImage"
WATCHED = {"prometheus": "local"}
OWN_ROUTES = "route: {receiver: me}\nreceivers: [{name: me, webhook_configs: [{url: 'http://127.0.0.1:9/secret'}]}]\n"


@pytest.fixture(scope="module")
def case() -> LocalCase:
    return local_case(monitoring=WATCHED)


@pytest.fixture(scope="module")
def watchers(case: LocalCase) -> dict[str, Resource]:
    return {name: case.container(f"vllm-local-{name}") for name in ("prometheus", "alertmanager", "grafana")}


def files_of(container: Resource) -> dict[str, str]:
    return {upload["file"]: upload["content"] for upload in container.inputs["uploads"]}


def judged(*command: str, folder: Path, text: str) -> str:
    """What a tool says of the text in a file whose name is its last argument."""
    need(shutil.which(command[0]) is not None, f"no {command[0]} (apt-get install prometheus prometheus-alertmanager)")
    file = folder / "judged.yml"
    file.write_text(text)
    done = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_without_the_key_nothing_watches() -> None:
    case = local_case()
    containers = {item.inputs["name"] for item in case.graph.of_type("docker:index/container:Container")}
    assert containers == {case.names.server, case.names.front, case.names.owner}
    assert case.graph.stack.outputs.get("dashboard_url") is None


def test_what_watches_is_reached_on_this_machine_alone(watchers: dict[str, Resource]) -> None:
    ports = {name: container.inputs["ports"] for name, container in watchers.items()}
    assert ports == {
        "grafana": [{"ip": "127.0.0.1", "external": 8001, "internal": 3000, "protocol": "tcp"}],
        "prometheus": [{"ip": "127.0.0.1", "external": 8002, "internal": 9090, "protocol": "tcp"}],
        "alertmanager": [{"ip": "127.0.0.1", "external": 8003, "internal": 9093, "protocol": "tcp"}],
    }


def test_its_ports_follow_the_endpoint() -> None:
    outputs = local_case(endpoint={"port": 8500}, monitoring=WATCHED).graph.stack.outputs
    assert outputs["dashboard_url"] == "http://localhost:8501"
    assert outputs["prometheus_url"] == "http://localhost:8502"
    assert outputs["alertmanager_url"] == "http://localhost:8503"


def test_it_is_on_the_network_of_the_server_and_stays_when_that_is_replaced(
    case: LocalCase, watchers: dict[str, Resource]
) -> None:
    (network,) = case.graph.of_type(NETWORK)
    for name, container in watchers.items():
        (joined,) = container.inputs["networksAdvanced"]
        assert (joined["name"], joined["aliases"]) == (network.inputs["name"], [name])
        taken = {urn for urns in container.property_dependencies.values() for urn in urns}
        assert case.server.urn not in taken


def test_images_are_pinned_and_run_by_their_id(case: LocalCase, watchers: dict[str, Resource]) -> None:
    images = {image.inputs["name"].partition(":")[0]: image for image in case.graph.of_type(REMOTE_IMAGE)}
    for name, repository in (
        ("prometheus", "prom/prometheus"),
        ("alertmanager", "prom/alertmanager"),
        ("grafana", "grafana/grafana"),
    ):
        assert images[repository].inputs["name"].partition(":")[2] not in ("", "latest")
        assert watchers[name].inputs["image"].startswith("sha256:")
        assert watchers[name].property_dependencies["image"] == (images[repository].urn,)


def test_what_it_keeps_outlives_a_container_and_goes_with_the_stack(
    case: LocalCase, watchers: dict[str, Resource]
) -> None:
    volumes = {volume.inputs["name"]: volume for volume in case.graph.of_type(VOLUME)}
    folders = {"prometheus": "/prometheus", "alertmanager": "/alertmanager", "grafana": "/var/lib/grafana"}
    for name, container in watchers.items():
        assert container.inputs["volumes"] == [
            {"containerPath": folders[name], "volumeName": f"vllm-local-{name}"},
        ]
        assert not volumes[f"vllm-local-{name}"].retain_on_delete
        assert container.delete_before_replace, "two writers would break it"


def test_it_is_made_when_it_serves(watchers: dict[str, Resource]) -> None:
    for container in watchers.values():
        assert container.inputs["wait"] is True
        assert container.inputs["healthcheck"]["tests"][0] == "CMD"
        assert container.inputs["restart"] == "unless-stopped"
        assert set(container.inputs["logOpts"]) == {"max-size", "max-file"}


def test_prometheus_takes_its_files(watchers: dict[str, Resource], tmp_path: Path) -> None:
    files = files_of(watchers["prometheus"])
    rules = files["/etc/prometheus/rules.yml"]
    assert "SUCCESS" in judged("promtool", "check", "rules", folder=tmp_path, text=rules)
    conf = files["/etc/prometheus/prometheus.yml"]
    judged("promtool", "check", "config", "--syntax-only", folder=tmp_path, text=conf)
    read = yaml.safe_load(conf)
    (job,) = read["scrape_configs"]
    assert job["static_configs"] == [{"targets": ["vllm:8000"]}]
    assert read["rule_files"] == ["/etc/prometheus/rules.yml"]
    assert f'job="{job["job_name"]}"' in rules


def test_its_thresholds_are_those_of_the_stack_file() -> None:
    case = local_case(monitoring={**WATCHED, "thresholds": {"requests-waiting": 77}})
    rules = files_of(case.container("vllm-local-prometheus"))["/etc/prometheus/rules.yml"]
    (rule,) = [
        rule
        for group in yaml.safe_load(rules)["groups"]
        for rule in group["rules"]
        if rule["alert"] == "requests-waiting"
    ]
    assert rule["expr"].endswith(">= 77")


def test_prometheus_and_alertmanager_know_their_addresses_outside(watchers: dict[str, Resource]) -> None:
    """Links in messages and in Grafana lead there."""
    assert "--web.external-url=http://localhost:8002" in watchers["prometheus"].inputs["command"]
    assert "--web.external-url=http://localhost:8003" in watchers["alertmanager"].inputs["command"]


def test_alertmanager_shows_and_tells_nobody_by_itself(watchers: dict[str, Resource], tmp_path: Path) -> None:
    text = files_of(watchers["alertmanager"])["/etc/alertmanager/alertmanager.yml"]
    assert "SUCCESS" in judged("amtool", "check-config", folder=tmp_path, text=text)
    read = yaml.safe_load(text)
    assert read["receivers"] == [{"name": "shown-only"}]
    assert read["inhibit_rules"], "an outage is one alert"


def test_alertmanager_takes_the_users_own_file_as_a_secret() -> None:
    with machine(hardware=ONE_4090) as home:
        file = routes_file("local")
        file.parent.mkdir(parents=True)
        file.write_text(OWN_ROUTES)
        case = recorded(hardware=ONE_4090, home=home, sections={"monitoring": WATCHED})
    assert files_of(case.container("vllm-local-alertmanager")) == {"/etc/alertmanager/alertmanager.yml": "[secret]"}
    assert "127.0.0.1:9" not in json.dumps([resource.as_dict() for resource in case.graph])


def test_a_preview_with_a_bad_file_says_so_and_shows_the_resources() -> None:
    with machine(hardware=ONE_4090) as home:
        file = routes_file("local")
        file.parent.mkdir(parents=True)
        file.write_text("receivers:")
        case = recorded(hardware=ONE_4090, home=home, sections={"monitoring": WATCHED})
    (report,) = [message.text for message in case.graph.messages if message.severity == "error"]
    assert str(file) in report
    assert "it has no route and no receivers" in report
    assert case.container("vllm-local-alertmanager").inputs["uploads"]


def test_grafana_shows_the_dashboard_from_prometheus(watchers: dict[str, Resource]) -> None:
    files = files_of(watchers["grafana"])
    dashboard = json.loads(files["/etc/grafana/dashboards/vllm.json"])
    assert dashboard["title"] == "vLLM local"
    sources = yaml.safe_load(files["/etc/grafana/provisioning/datasources/vllm.yaml"])["datasources"]
    assert {source["type"]: source["url"] for source in sources} == {
        "prometheus": "http://prometheus:9090",
        "alertmanager": "http://alertmanager:9093",
    }
    assert [source["name"] for source in sources if source.get("isDefault")] == ["Prometheus"]
    (provider,) = yaml.safe_load(files["/etc/grafana/provisioning/dashboards/vllm.yaml"])["providers"]
    assert provider["options"]["path"] == "/etc/grafana/dashboards"


def test_grafana_asks_for_no_login_has_no_known_password_and_stays_on_this_machine(
    watchers: dict[str, Resource],
) -> None:
    given = dict(entry.split("=", 1) for entry in watchers["grafana"].inputs["envs"])
    assert given == {**SETTINGS, "GF_SERVER_ROOT_URL": "http://localhost:8001/"}
    assert given["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Editor"
    assert given["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"
    assert given["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"] in files_of(watchers["grafana"])


def test_urns_are_the_committed_ones(case: LocalCase) -> None:
    """One that is gone would be replaced; UPDATE_GOLDEN=1 writes the file anew."""
    current = "".join(f"{resource.urn}\n" for resource in case.graph)
    if os.environ.get("UPDATE_GOLDEN"):
        URNS.write_text(current, encoding="utf-8")
    assert current == URNS.read_text(encoding="utf-8")
