"""Which engine is looked at, and in which words it is said that none answers."""

from __future__ import annotations

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from docker.context import ContextAPI

from machine.address import DEFAULT_HOST, Address, address, no_engine


@pytest.fixture
def short() -> Iterator[Path]:
    """Short enough for the path of a socket."""
    with tempfile.TemporaryDirectory(prefix="s-") as folder:
        yield Path(folder)


@pytest.mark.parametrize(
    ("host", "environment", "expected"),
    [
        (None, {}, DEFAULT_HOST),
        (None, {"DOCKER_HOST": "unix:///run/other.sock"}, "unix:///run/other.sock"),
        ("tcp://10.0.0.1:2375", {"DOCKER_HOST": "unix:///run/other.sock"}, "tcp://10.0.0.1:2375"),
        (None, {"DOCKER_HOST": ""}, DEFAULT_HOST),
    ],
)
def test_the_configuration_comes_before_the_environment(
    host: str | None, environment: dict[str, str], expected: str
) -> None:
    assert address(host=host, context=None, environment=environment).host == expected


def test_a_context_overrides_both(short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(short))
    (short / "config.json").write_text("{}")  # docker-py takes the working directory where there is none
    ContextAPI.create_context("rootless", host="unix:///run/user/1000/docker.sock")
    found = address(host="tcp://10.0.0.1:2375", context="rootless", environment={})
    assert found.host == "unix:///run/user/1000/docker.sock"
    assert address(host=None, context=None, environment={"DOCKER_CONTEXT": "rootless"}).host == found.host


def test_a_context_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, short: Path) -> None:
    monkeypatch.setenv("DOCKER_CONFIG", str(short))
    assert address(host=None, context="no-such", environment={}).host == "context no-such"


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("unix:///var/run/docker.sock", True),
        ("tcp://127.0.0.1:2375", True),
        ("tcp://localhost:2375", True),
        ("tcp://[::1]:2375", True),
        ("tcp://gpu-box:2375", False),
        ("ssh://me@gpu-box", False),
    ],
)
def test_an_engine_on_another_machine_is_not_local(host: str, is_local: bool) -> None:
    assert Address(host=host).is_local is is_local


def test_without_any_docker_it_is_not_installed(short: Path) -> None:
    found = no_engine(
        Address(host=f"unix://{short}/docker.sock"), said="layers", environment={"PATH": str(short), "HOME": str(short)}
    )
    assert (found.trouble, found.given, found.others) == ("not-installed", "No such file or directory", ())


def test_with_docker_and_no_engine_it_does_not_run(short: Path) -> None:
    (short / "docker").write_text("#!/bin/sh\n")
    (short / "docker").chmod(0o755)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(short / "docker.sock"))  # and nobody listens
    found = no_engine(
        Address(host=f"unix://{short}/docker.sock"), said="layers", environment={"PATH": str(short), "HOME": str(short)}
    )
    assert (found.trouble, found.given) == ("not-running", "Connection refused")


def test_a_socket_of_others_is_a_question_of_permission(short: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tests' user may be root, to whom nothing is refused."""

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    found = no_engine(
        Address(host="unix:///var/run/docker.sock"), said="layers", environment={"PATH": "", "HOME": str(short)}
    )
    assert (found.trouble, found.given) == ("no-permission", "Permission denied")


def test_what_answers_on_tcp_is_told_in_the_clients_words(short: Path) -> None:
    found = no_engine(Address(host="tcp://gpu-box:2375"), said="Name or service not known", environment={"HOME": "/"})
    assert (found.trouble, found.given) == ("unreachable", "Name or service not known")


def test_an_engine_elsewhere_is_seen(short: Path) -> None:
    path = short / ".docker" / "run"
    path.mkdir(parents=True)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path / "docker.sock"))
        server.listen()
        found = no_engine(
            Address(host=f"unix://{short}/none.sock"), said="", environment={"HOME": str(short), "PATH": ""}
        )
    assert f"unix://{path}/docker.sock" in found.others
