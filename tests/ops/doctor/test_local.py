"""``ops doctor`` of a stack on this machine: its Docker in place of an account."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml

from machine.secret_files import SecretFiles
from ops.doctor.case import Case
from ops.doctor.checks import container_image, machine
from tests.machine.docker_stand_in import engine_answering, info
from tests.machine.local_stack import MODEL, WITHOUT_GPU, planned
from tests.ops.deployed_stack import Folder, make_folder
from tests.ops.doctor.clinic import levels, of
from tests.ops.doctor.looking import look, only

NOWHERE = "http://127.0.0.1:9"
ENGINE = "unix:///nowhere/docker.sock"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    made = make_folder(tmp_path, outputs=None, environment={"HF_ENDPOINT": NOWHERE, "XDG_RUNTIME_DIR": str(tmp_path)})
    keys: dict[str, Any] = {"vllm:target": "local", "vllm:model": MODEL, "docker:host": ENGINE}
    keys["vllm:image"] = {"repository": "127.0.0.1:9/vllm/vllm-openai-cpu"}
    made.stack_file("local").write_text(yaml.safe_dump({"config": keys}))
    return made


def case(tmp_path: Path, *, host: str, outputs: dict[str, Any] | None = None, **sections: Any) -> Case:
    config, plan = planned(hardware=WITHOUT_GPU, **sections)
    environment = {"PATH": str(tmp_path), "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}
    return Case(
        config=config,
        plan=plan,
        environment=environment,
        settings={"docker:host": host},
        ask_pulumi=lambda stack, environment: outputs or {},
    )


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port: int = server.getsockname()[1]
        return port


def test_a_machine_without_docker_has_findings_and_none_about_aws(folder: Folder) -> None:
    done = folder.ops("doctor", "--stack", "local", "--json")
    assert done.returncode == 1, done.stderr
    findings = json.loads(done.stdout)["findings"]
    assert set(levels(findings)) == {"stack-file", "pulumi", "machine", "container-image", "model-access"}
    level, seen, fix = of(findings, "machine")[0]
    assert level == "error"
    assert "Docker" in seen
    assert fix


def test_what_is_in_the_way_is_one_finding_each(tmp_path: Path) -> None:
    with engine_answering({"/info": info(tmp_path), "/containers/json": []}) as host:
        found = look(machine.MACHINE, case(tmp_path, host=host))
    keys = next(finding for finding in found if "API key" in finding.seen)
    assert (keys.level, keys.fix) == ("error", "python -m ops keys add me --stack local")


def test_a_machine_that_is_ready_says_so_and_asks_no_registry_for_what_it_has(tmp_path: Path) -> None:
    config, plan = planned(hardware=WITHOUT_GPU)
    environment = {"XDG_RUNTIME_DIR": str(tmp_path), "HOME": str(tmp_path)}
    SecretFiles.of(config.stack, environment).write_keys(
        '{"keys": {"me": {"key": "sk-1", "created": "2026-01-31T12:00:00+00:00"}}}'
    )
    desktop = info(tmp_path, OperatingSystem="Docker Desktop")  # its disk is not seen, so whatever this one has free
    answers = {"/info": desktop, "/containers/json": [], f"/images/{plan.image}/json": {"Id": "sha256:1"}}
    with engine_answering(answers) as host:
        looked_at = case(tmp_path, host=host, endpoint={"port": free_port()})
        ready = only(machine.MACHINE, looked_at)
        image = only(container_image.CHECK, looked_at)
    assert (ready.level, ready.seen.startswith("Docker 28.2.2 at unix://")) == ("ok", True)
    assert (image.level, image.seen) == ("ok", f"{plan.image} is on this machine")


def test_once_it_is_up_it_is_to_serve(tmp_path: Path) -> None:
    with engine_answering({"/info": info(tmp_path), "/containers/json": []}) as host:
        down = case(tmp_path, host=host, outputs={"endpoint": "http://localhost:8000/v1"})
        assert machine.SERVING.is_for(down)
        assert not machine.SERVING.is_for(case(tmp_path, host=host))
        finding = only(machine.SERVING, down)
    assert (finding.level, finding.fix) == ("warning", "python -m ops logs --stack local")
    assert "it is not up" in finding.seen
