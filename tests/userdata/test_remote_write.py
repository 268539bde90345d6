"""How a host's metrics get to Amazon Managed Service for Prometheus, with the real agent of this machine."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

from monitoring.promql import job_name, measure_of
from monitoring.table import WATCHES
from tests.e2e.support import need
from tests.userdata.builders import make_options
from tests.userdata.host import INSTANCE, Host, make_host
from tests.userdata.remote_receiver import Ends, Written, both_ends, decompressed
from userdata.options import RemoteWrite
from userdata.remote_write import CONFIG_FILE, remote_write_config
from userdata.render import cloud_config

URL = "https://aps-workspaces.eu-central-1.amazonaws.com/workspaces/ws-01234567/api/v1/remote_write"
IMAGE = "prom/prometheus:v3.13.5"
REGISTRY = "123456789012.dkr.ecr.eu-central-1.amazonaws.com"
CONFIG = remote_write_config(stack="prod", region="eu-central-1", url=URL)


@pytest.fixture
def host(tmp_path: Path) -> Host:
    host = make_host(tmp_path / "host", REMOTE_WRITE_IMAGE=IMAGE)
    host.fake(
        "curl", f'case "$*" in */api/token*) echo token ;; *zone*) echo eu-central-1a ;; *) echo {INSTANCE} ;; esac'
    )
    host.fake("docker", '[[ "$1 $2" != "container inspect" ]]')
    return host


def test_promtool_takes_the_configuration_of_an_agent(tmp_path: Path) -> None:
    need(shutil.which("promtool") is not None, "promtool is not installed (apt-get install prometheus)")
    file = tmp_path / "remote-write.yaml"
    file.write_text(CONFIG, encoding="utf-8")
    done = subprocess.run(
        ["promtool", "check", "config", "--agent", str(file)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_samples_are_signed_and_go_to_the_workspace_alone() -> None:
    (remote,) = yaml.safe_load(CONFIG)["remote_write"]
    assert remote == {"url": URL, "sigv4": {"region": "eu-central-1"}}


def test_every_series_that_a_rule_asks_for_is_sent() -> None:
    (scrape,) = yaml.safe_load(CONFIG)["scrape_configs"]
    kept = re.compile(next(each["regex"] for each in scrape["metric_relabel_configs"] if each["action"] == "keep"))
    known = re.compile(r"\b(?:vllm:\w+|vllm_host_\w+|http_\w+)")
    asked = {name for watch in WATCHES for name in known.findall(measure_of(watch, job="vllm-prod") or "")}
    assert asked >= {"vllm:num_requests_waiting", "http_requests_total"}
    assert [name for name in asked if not kept.fullmatch(name)] == []


def test_rules_find_the_series_by_their_job() -> None:
    (scrape,) = yaml.safe_load(CONFIG)["scrape_configs"]
    assert scrape["job_name"] == job_name("prod")


def test_only_hosts_of_such_a_stack_are_told() -> None:
    assert CONFIG_FILE not in cloud_config(make_options())
    document = yaml.safe_load(cloud_config(make_options(remote_write=RemoteWrite(url=URL, image=IMAGE))))
    files = {entry["path"]: entry["content"] for entry in document["write_files"]}
    assert yaml.safe_load(files[CONFIG_FILE])["remote_write"][0]["url"] == URL
    assert f'REMOTE_WRITE_IMAGE="{IMAGE}"' in files["/etc/vllm/vllm.env"]


def test_a_boot_starts_it_only_where_it_is_asked_for(tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "userdata/files/boot.sh").read_text(encoding="utf-8")
    begin, end = text.index("start_remote_write() {"), text.index("main() {")
    for image, calls in (("", []), (IMAGE, ["systemctl start --no-block vllm-remote-write.service"])):
        host = make_host(tmp_path / f"host-{bool(image)}")
        host.fake("systemctl", "")
        (host.path("opt") / "try.sh").write_text(f"log() {{ :; }}\n{text[begin:end]}\nstart_remote_write\n")
        assert host.run("try.sh", variables={"REMOTE_WRITE_IMAGE": image}).status == 0
        assert host.calls("systemctl") == calls


def test_the_container_is_small_has_no_rights_and_listens_to_itself(host: Host) -> None:
    result = host.run("remote-write.sh", variables={"REMOTE_WRITE_CONFIG": "/etc/vllm/remote-write.yaml"})
    assert result.status == 0, result.output
    (call,) = host.calls("docker run")
    for part in (
        "--rm --name vllm-remote-write --pull never --network host",
        "--memory 512m",
        "--read-only",
        "--cap-drop ALL --security-opt no-new-privileges",
        "--volume /etc/vllm/remote-write.yaml:/etc/prometheus/prometheus.yml:ro",
        f"{IMAGE} --agent",
        "--web.listen-address=127.0.0.1:9401",
    ):
        assert part in call
    assert "secrets" not in call
    assert host.calls("docker pull") == []
    written = json.loads((host.path("run") / "remote-write" / "host.json").read_text())
    assert written == [{"targets": ["127.0.0.1:9400"], "labels": {"instance": INSTANCE}}]


def test_what_a_killed_client_left_is_removed_first(host: Host) -> None:
    host.fake("docker", "")
    assert host.run("remote-write.sh").status == 0
    assert [call.split()[1] for call in host.calls("docker")] == ["image", "container", "rm", "run"]


def test_the_image_is_pulled_when_it_is_not_there_from_ecr_as_the_role(host: Host) -> None:
    image = f"{REGISTRY}/vllm-prod/{IMAGE}"
    host.fake("docker", '[[ "$1 $2" != "container inspect" && "$1 $2" != "image inspect" ]]')
    host.fake("aws", "echo a-password-of-ecr")
    result = host.run("remote-write.sh", variables={"VLLM_ENV": str(with_image(host, image))})
    assert result.status == 0, result.output
    assert host.calls("docker")[1:3] == [
        f"docker login --username AWS --password-stdin {REGISTRY}",
        f"docker pull --quiet {image}",
    ]
    assert [entry.name for entry in host.path("run").iterdir()] == ["remote-write"]  # the password is gone


def test_a_registry_that_does_not_answer_is_named_and_systemd_tries_again(host: Host) -> None:
    host.fake("docker", '[[ $1 != run ]] || exit 125; [[ $1 != pull ]] || echo "toomanyrequests" >&2; exit 1')
    result = host.run("remote-write.sh")
    assert result.status == 125
    assert f"docker pull {IMAGE}: toomanyrequests" in result.output


def with_image(host: Host, image: str) -> Path:
    file = host.path("other.env")
    text = host.path("vllm.env").read_text().replace(f'REMOTE_WRITE_IMAGE="{IMAGE}"', f'REMOTE_WRITE_IMAGE="{image}"')
    file.write_text(text)
    return file


def test_a_real_agent_reads_the_publisher_and_writes_samples_of_ours_alone(tmp_path: Path) -> None:
    """With a 3.x on PATH also that it signs: Debian's 2.42 takes ``sigv4`` and sends without."""
    need(shutil.which("prometheus") is not None, "prometheus is not installed (apt-get install prometheus)")
    with both_ends() as ends, agent(tmp_path, ends):
        first = next_with(ends, b"vllm_host_memory_used_ratio")
    assert first.path == "/workspaces/ws-01234567/api/v1/remote_write"
    series = decompressed(first.body)
    for ours in (b"vllm:num_requests_running", INSTANCE.encode(), b"vllm-prod", b"stack"):
        assert ours in series
    assert b"python_gc" not in series
    assert b"_created" not in series
    if is_of_the_pinned_kind():
        signature = first.headers["Authorization"]
        assert signature.startswith("AWS4-HMAC-SHA256 Credential=an-id/")
        assert "/eu-central-1/aps/aws4_request" in signature


def is_of_the_pinned_kind() -> bool:
    """Whether the Prometheus of this machine is a 3.x, as the image's."""
    shown = subprocess.run(["prometheus", "--version"], capture_output=True, text=True, check=True)
    return "version 3." in shown.stdout + shown.stderr


def next_with(ends: Ends, text: bytes) -> Written:
    while True:
        written = ends.written.get(timeout=60)
        if text in decompressed(written.body):
            return written


@contextmanager
def agent(folder: Path, ends: Ends) -> Iterator[None]:
    """Prometheus as on a host, but for addresses of this test and a shorter interval."""
    targets, config = folder / "host.json", folder / "agent.yaml"
    targets.write_text(json.dumps([{"targets": [f"127.0.0.1:{ends.port}"], "labels": {"instance": INSTANCE}}]))
    here = CONFIG.replace("https://aps-workspaces.eu-central-1.amazonaws.com", f"http://127.0.0.1:{ends.port}")
    config.write_text(here.replace("/etc/prometheus/targets/*.json", str(targets)).replace("60s", "1s"))
    mode = "--agent" if is_of_the_pinned_kind() else "--enable-feature=agent"
    command = [
        *("prometheus", mode, f"--config.file={config}", f"--storage.agent.path={folder / 'wal'}"),
        "--web.listen-address=127.0.0.1:0",
    ]
    keys = {"AWS_ACCESS_KEY_ID": "an-id", "AWS_SECRET_ACCESS_KEY": "a-key", "PATH": os.environ["PATH"]}
    with (
        (folder / "agent.log").open("w") as log,
        subprocess.Popen(command, env=keys, stdout=log, stderr=log) as process,
    ):
        try:
            yield
        finally:
            process.terminate()
