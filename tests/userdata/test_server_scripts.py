"""How vllm.service starts, stops and is probed."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.userdata.host import Host

KEY = 'sk-planted "quoted" $1'


def test_the_container_gets_the_arguments_of_the_plan_as_they_are(host: Host) -> None:
    host.path("args").write_text('org/model\n--chat-template\n{{ "a  b" }} $HOME `id` *\n')
    args = host.path("argv")
    host.fake("docker", f'[[ $1 != container ]] || exit 1; printf "%s\\n" "$@" >{args}')
    assert host.run("run-vllm.sh").status == 0
    argv = args.read_text().splitlines()
    assert argv[argv.index("vllm/vllm-openai:v0.32.0") + 1 :] == [
        "org/model",
        "--chat-template",
        '{{ "a  b" }} $HOME `id` *',
        "--config",
        "/run/secrets/vllm/config.yaml",
    ]


def test_the_container_is_supervised_by_systemd_only_and_gets_gpus_caches_and_secrets(host: Host) -> None:
    host.fake("docker", "[[ $1 != container ]]")
    assert host.run("run-vllm.sh").status == 0
    (call,) = host.calls("docker run")
    for part in (
        "--rm --name vllm",
        "--gpus all --shm-size",
        "--publish 8000:8000",
        "--log-driver journald --stop-timeout 150",
        f"--volume {host.path('cache')}/huggingface:/cache/huggingface",
        f"--volume {host.path('cache')}/vllm:/cache/vllm",
        f"--volume {host.path('run')}/secrets:/run/secrets/vllm:ro",
        f"--env-file {host.path('container.env')}",
    ):
        assert part in call
    assert "--restart" not in call


def test_the_devices_are_given_so_that_a_daemon_reload_does_not_take_them(host: Host) -> None:
    for name in ("nvidia0", "nvidia11", "nvidiactl", "nvidia-uvm", "nvidia-nvlink", "sda"):
        (host.path("dev") / name).touch()
    host.fake("docker", "[[ $1 != container ]]")
    assert host.run("run-vllm.sh").status == 0
    (call,) = host.calls("docker run")
    words = call.split()
    given = {words[index + 1] for index, word in enumerate(words) if word == "--device"}
    assert given == {str(host.path("dev") / name) for name in ("nvidia0", "nvidia11", "nvidiactl", "nvidia-uvm")}
    assert "--gpus all" in call


def test_the_devices_are_made_before_they_are_looked_for(host: Host) -> None:
    uvm = host.path("dev") / "nvidia-uvm"
    host.fake("nvidia-modprobe", f"touch {uvm}")
    host.fake("docker", "[[ $1 != container ]]")
    assert host.run("run-vllm.sh").status == 0
    assert host.calls("nvidia-modprobe") == ["nvidia-modprobe -u -c=0"]
    assert f"--device {uvm}" in host.calls("docker run")[0]


@pytest.mark.parametrize("offline", [True, False])
def test_vllm_asks_huggingface_only_when_it_has_to(host: Host, offline: bool) -> None:
    if offline:
        (host.path("run") / "offline").touch()
    host.fake("docker", "[[ $1 != container ]]")
    assert host.run("run-vllm.sh").status == 0
    assert ("--env HF_HUB_OFFLINE=1" in host.calls("docker run")[0]) is offline


def test_a_container_left_over_is_removed_first(host: Host) -> None:
    host.fake("docker", ":")
    assert host.run("run-vllm.sh").status == 0
    assert [call.split()[1] for call in host.calls("docker")] == ["container", "rm", "run"]


@contextmanager
def answering(status: int, body: dict[str, Any], seen: list[tuple[str, str | None, Any]]) -> Iterator[int]:
    """A server that answers every POST with ``body``; yields its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            seen.append((self.path, self.headers["Authorization"], request))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@pytest.fixture
def ready(host: Host) -> Host:
    """A host whose secrets are there."""
    (host.path("run") / "secrets").mkdir()
    (host.path("run") / "secrets/config.yaml").write_text(f'api-key:\n- {json.dumps(KEY)}\n- "sk-other"\n')
    return host


def probe(host: Host, port: int) -> str:
    """Runs the step against ``port``; its reason, or an empty string."""
    step = host.path("opt") / "steps/probe.sh"
    step.write_text(step.read_text().replace("8000", str(port)))
    result = host.step("probe")
    assert KEY not in result.output
    return "" if result.status == 0 else host.reason()


ONE_TOKEN = {"choices": [{"text": "!"}], "usage": {"completion_tokens": 1}}


def test_the_probe_asks_for_one_token_with_a_key(ready: Host) -> None:
    seen: list[tuple[str, str | None, Any]] = []
    with answering(200, ONE_TOKEN, seen) as port:
        assert probe(ready, port) == ""
    model = "meta-llama/Llama-3.1-8B-Instruct"
    assert seen == [("/v1/completions", f"Bearer {KEY}", {"model": model, "prompt": "Hello", "max_tokens": 1})]


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (500, {"error": "engine dead"}, 'no completion: HTTP 500: {"error": "engine dead"}'),
        (200, {"choices": []}, 'no completion: HTTP 200: {"choices": []}'),
    ],
)
def test_an_answer_without_a_token_is_not_ready(ready: Host, status: int, body: dict[str, Any], reason: str) -> None:
    seen: list[tuple[str, str | None, Any]] = []
    with answering(status, body, seen) as port:
        assert probe(ready, port) == reason
    assert len(seen) == 3


def test_what_has_served_is_recorded_only_after_a_token(ready: Host) -> None:
    hub = ready.path("cache/huggingface/hub/models--org--model")
    commit = "0a" * 20
    (hub / "snapshots" / commit).mkdir(parents=True)
    (hub / "refs").mkdir()
    (hub / "refs/main").write_text(commit)
    (hub / "snapshots" / commit / "config.json").write_text("{}")
    served = ready.path("cache/huggingface/.served")
    with answering(500, {}, []) as port:
        assert probe(ready, port) != ""
    assert not served.exists()
    step = ready.path("opt") / "steps/probe.sh"
    step.write_text(step.read_text().replace(str(port), "8000"))
    with answering(200, ONE_TOKEN, []) as port:
        assert probe(ready, port) == ""
    assert len(list(served.iterdir())) == 1


def test_a_record_that_cannot_be_written_is_a_warning(ready: Host) -> None:
    (ready.path("opt") / "served.py").write_text("raise SystemExit(1)\n")
    with answering(200, ONE_TOKEN, []) as port:
        assert probe(ready, port) == ""
    assert [event["status"] for event in ready.events()] == ["warning"]


def test_a_server_that_is_not_there_is_not_ready(ready: Host) -> None:
    with answering(200, ONE_TOKEN, []) as port:
        pass
    assert "ConnectionRefusedError" in probe(ready, port)
