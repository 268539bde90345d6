"""The user's own configuration of Alertmanager: found, read, and what is wrong with it said."""

from __future__ import annotations

from pathlib import Path

import pytest

from machine.alert_routes import bad_routes, own_routes, routes_file

GOOD = "route: {receiver: me}\nreceivers: [{name: me, webhook_configs: [{url: 'http://localhost:9999/'}]}]\n"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    return {"HOME": str(tmp_path)}


def write(environment: dict[str, str], content: bytes) -> Path:
    file = routes_file("local", environment)
    file.parent.mkdir(parents=True)
    file.write_bytes(content)
    return file


def test_it_is_among_the_users_configuration() -> None:
    home = {"HOME": "/home/me"}
    assert routes_file("local", home) == Path("/home/me/.config/vllm-pulumi/local/alertmanager.yml")
    moved = home | {"XDG_CONFIG_HOME": "/etc/mine"}
    assert routes_file("local", moved) == Path("/etc/mine/vllm-pulumi/local/alertmanager.yml")
    assert routes_file("local", home | {"XDG_CONFIG_HOME": "mine"}) == routes_file("local", home)


def test_without_one_nothing_is_wrong(environment: dict[str, str]) -> None:
    assert own_routes("local", environment) is None
    assert bad_routes("local", environment) is None


def test_a_good_one_is_taken_as_it_is(environment: dict[str, str]) -> None:
    write(environment, GOOD.encode())
    assert own_routes("local", environment) == GOOD
    assert bad_routes("local", environment) is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it has no route and no receivers"),
        (b"- route", "it has no route and no receivers"),
        (b"route: {receiver: me}", "it has no receivers"),
        (b"route: {receiver", "it is no YAML"),
        (b"\xff\xfe\xfd", "it cannot be read"),
    ],
)
def test_what_is_wrong_with_it_is_said(content: bytes, words: str, environment: dict[str, str]) -> None:
    file = write(environment, content)
    bad = bad_routes("local", environment)
    assert bad is not None
    assert (bad.path, words in bad.trouble) == (file, True), bad.trouble
    assert own_routes("local", environment) is None
