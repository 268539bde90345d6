"""``ops status`` on this machine: containers from Docker, load from vLLM's metrics."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from config.models import StackConfig
from config.parse import parse
from ops.errors import OpsError
from ops.rollout import Clock
from ops.status.local import SPAN_S, Ask, ask_server, read_status
from ops.status.seen import Status
from rehearsal.aws.clock import ManualClock
from tests.machine.docker_stand_in import engine_answering, info
from tests.ops.deployed_stack import make_folder

STARTED = "2026-11-29T10:00:00.123456789Z"
STACK_FILE = {"vllm:target": "local", "vllm:model": "Qwen/Qwen2.5-1.5B-Instruct"}
METRICS = """\
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{{engine="0"}} 3.0
vllm:num_requests_waiting{{engine="0"}} 1.0
vllm:kv_cache_usage_perc{{engine="0"}} 0.25
# TYPE vllm:generation_tokens_total counter
vllm:generation_tokens_total{{engine="0"}} {tokens}
"""


def config() -> StackConfig:
    loaded = parse(stack="local", raw=STACK_FILE)
    assert loaded.config is not None
    return loaded.config


def container(name: str, **state: Any) -> dict[str, Any]:
    running = {"Status": "running", "StartedAt": STARTED, "ExitCode": 0}
    return {"Id": name, "Name": f"/{name}", "State": {**running, **state}}


SERVES = container("vllm-local", Health={"Status": "healthy"})
FRONT = container("vllm-local-front")


def said(*tokens: float) -> Ask:
    answers = iter(tokens)

    def ask(_server: object) -> tuple[int, bytes]:
        return 0, json.dumps({"metrics": METRICS.format(tokens=next(answers)), "version": "0.32.0"}).encode()

    return ask


def silent(_server: object) -> tuple[int, bytes]:
    return 1, b""


def read(containers: Mapping[str, Any], tmp_path: Path, *, ask: Ask) -> Status:
    answers = {f"/containers/{name}/json": state for name, state in containers.items()}
    clock = ManualClock()
    with engine_answering({"/info": info(tmp_path), **answers}) as host:
        return read_status(
            config(),
            docker_host=host,
            environment={},
            ask=ask,
            clock=Clock(now_s=clock.seconds, sleep=clock.advance),
        )


def test_the_server_shows_what_vllm_says(tmp_path: Path) -> None:
    status = read({"vllm-local": SERVES, "vllm-local-front": FRONT}, tmp_path, ask=said(100, 183))
    assert (status.endpoint, status.serving, status.wanted) == ("http://localhost:8000/v1", 1, 1)
    (replica,) = status.replicas
    assert (replica.id, replica.zone, replica.version) == ("vllm-local", "this machine", "0.32.0")
    assert replica.state == "running, healthy"
    assert replica.since == datetime(2026, 11, 29, 10, 0, 0, 123456, tzinfo=UTC)
    assert replica.load is not None
    assert (replica.load.running, replica.load.waiting, replica.load.kv_cache_used) == (3, 1, 0.25)
    assert replica.load.tokens_per_s == 83 / SPAN_S
    assert status.lines == ()


def test_a_vllm_that_began_anew_meanwhile_has_no_rate(tmp_path: Path) -> None:
    (replica,) = read({"vllm-local": SERVES, "vllm-local-front": FRONT}, tmp_path, ask=said(100, 3)).replicas
    assert replica.load is not None
    assert (replica.load.running, replica.load.tokens_per_s) == (3, None)


def test_a_server_that_loads_does_not_answer_yet(tmp_path: Path) -> None:
    loading = container("vllm-local", Health={"Status": "starting"})
    (replica,) = read({"vllm-local": loading, "vllm-local-front": FRONT}, tmp_path, ask=silent).replicas
    assert (replica.serves, replica.state) == (False, "running, starting")
    assert replica.load is not None
    assert replica.load.up is False


def test_a_server_that_has_ended_is_not_asked(tmp_path: Path) -> None:
    ended = container("vllm-local", Status="exited", ExitCode=137)
    (replica,) = read({"vllm-local": ended, "vllm-local-front": FRONT}, tmp_path, ask=said()).replicas
    assert (replica.state, replica.load) == ("exited", None)
    assert replica.note == "it ended with status 137: docker logs vllm-local"


def test_a_front_that_does_not_run_is_said(tmp_path: Path) -> None:
    front = container("vllm-local-front", Status="exited")
    status = read({"vllm-local": SERVES, "vllm-local-front": front}, tmp_path, ask=said(1, 2))
    assert status.lines == ("vllm-local-front does not run: docker logs vllm-local-front",)


def test_a_stack_that_is_not_up_says_so(tmp_path: Path) -> None:
    status = read({}, tmp_path, ask=said())
    assert (status.replicas, status.lines) == ((), ("it is not up: pulumi up --stack local",))


def test_without_an_engine_it_says_what_to_do() -> None:
    with pytest.raises(OpsError, match="Docker"):
        read_status(config(), docker_host="unix:///nowhere/docker.sock", environment={})


def test_the_server_is_asked_in_its_container(tmp_path: Path) -> None:
    answers = {"/info": info(tmp_path), "/containers/vllm-local/json": SERVES}
    with engine_answering(answers) as host:
        status, output = ask_server(config(), docker_host=host, environment={}, ask=said(7))
    assert status == 0
    assert "vllm:generation_tokens_total" in json.loads(output)["metrics"]


def test_a_server_that_is_not_there_cannot_be_asked(tmp_path: Path) -> None:
    with engine_answering({"/info": info(tmp_path)}) as host, pytest.raises(OpsError, match="no container vllm-local"):
        ask_server(config(), docker_host=host, environment={})
    with pytest.raises(OpsError, match="Docker"):
        ask_server(config(), docker_host="unix:///nowhere/docker.sock", environment={})


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[str]:
    with engine_answering({"/info": info(tmp_path)}) as host:
        yield host


def test_the_engine_is_that_of_the_stack_file(engine: str, tmp_path: Path) -> None:
    folder = make_folder(tmp_path, outputs=None, environment={})
    lines = [f"  {key}: {value}" for key, value in {**STACK_FILE, "docker:host": engine}.items()]
    folder.stack_file("local").write_text("\n".join(["config:", *lines, ""]))
    done = folder.ops("status", "--stack", "local")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "http://localhost:8000/v1: 0 of 1 replicas serve",
        "it is not up: pulumi up --stack local",
    ]
