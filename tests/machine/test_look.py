"""The whole look, at an engine that answers from data and at a machine without one."""

from __future__ import annotations

import socket
from pathlib import Path
from typing import Any

import pytest

from machine.alert_routes import routes_file
from machine.facts import Engine, Facts, NoEngine
from machine.look import is_taken, look
from machine.secret_files import SecretFiles
from tests.machine.docker_stand_in import engine_answering, info
from tests.machine.local_stack import planned


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"PATH": str(tmp_path), "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)}


def looked(environment: dict[str, str], answers: dict[str, Any], **sections: Any) -> Facts:
    config, plan = planned(**sections)
    root = Path(environment["HOME"])
    with engine_answering({"/info": info(root), "/containers/json": [], **answers}) as host:
        return look(config, plan, docker_host=host, environment=environment)


def test_what_is_there_is_seen(environment: dict[str, str]) -> None:
    _, plan = planned()
    files = SecretFiles.of("local", environment)
    files.write_keys('{"keys": {"me": {"key": "sk-1", "created": "2026-01-31T12:00:00+00:00"}}}')
    files.write_hf_token("hf_x")
    facts = looked(environment, {f"/images/{plan.image}/json": {"Id": "sha256:1"}})
    assert isinstance(facts.engine, Engine)
    assert (facts.image_there, facts.has_api_key, facts.has_hf_token) == (True, True, True)
    assert (facts.cache.there, facts.cache.model_gib) == (False, 0.0)
    assert facts.containers == ()


def test_what_is_not_there_is_not(environment: dict[str, str]) -> None:
    facts = looked(environment, {})
    assert (facts.image_there, facts.has_api_key, facts.has_hf_token) == (False, False, False)


def test_a_folder_of_the_users_own_is_looked_at_in_place_of_the_volume(environment: dict[str, str]) -> None:
    folder = Path(environment["HOME"]) / "hf"
    folder.mkdir()
    facts = looked(environment, {}, cache={"path": str(folder)})
    assert (facts.cache.there, facts.cache.model_gib) == (True, 0.0)
    assert facts.cache.disk is not None
    assert facts.cache.disk.path == folder


def test_a_part_of_that_folder_that_is_not_the_users_is_seen(
    environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(environment["HOME"]) / "hf"
    (folder / "hub").mkdir(parents=True)
    assert looked(environment, {}, cache={"path": str(folder)}).cache.foreign is None
    # As root the tests may write everywhere.
    monkeypatch.setattr("machine.look.os.access", lambda path, mode: path != folder / "hub")
    assert looked(environment, {}, cache={"path": str(folder)}).cache.foreign == folder / "hub"


def test_a_machine_without_an_engine_still_says_the_rest(environment: dict[str, str]) -> None:
    SecretFiles.of("local", environment).write_hf_token("hf_x")
    config, plan = planned()
    facts = look(config, plan, docker_host=f"unix://{environment['HOME']}/none", environment=environment)
    assert isinstance(facts.engine, NoEngine)
    assert facts.has_hf_token


def test_the_environment_names_the_engine(environment: dict[str, str]) -> None:
    config, plan = planned()
    with engine_answering({"/info": info(Path(environment["HOME"])), "/containers/json": []}) as host:
        facts = look(config, plan, environment={**environment, "DOCKER_HOST": host})
    assert isinstance(facts.engine, Engine)
    assert facts.engine.host == host


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0"])
def test_a_port_that_is_listened_on_is_taken(address: str, environment: dict[str, str]) -> None:
    with socket.socket() as server:
        server.bind((address, 0))
        server.listen()
        port = server.getsockname()[1]
        assert is_taken(port)
        assert looked(environment, {}, endpoint={"port": port}).taken_ports == {port}
    assert not is_taken(port)


def test_every_port_of_a_watched_stack_is_looked_at(environment: dict[str, str]) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        third = server.getsockname()[1]
        facts = looked(environment, {}, endpoint={"port": third - 2}, monitoring={"prometheus": "local"})
    assert third in facts.taken_ports


def test_a_port_that_is_none_is_not_taken() -> None:
    assert not is_taken(65536)


def test_a_configuration_of_alertmanager_matters_where_there_is_one(environment: dict[str, str]) -> None:
    file = routes_file("local", environment)
    file.parent.mkdir(parents=True)
    file.write_text("route:")
    assert looked(environment, {}).bad_routes is None
    bad = looked(environment, {}, monitoring={"prometheus": "local"}).bad_routes
    assert bad is not None
    assert bad.path == file
