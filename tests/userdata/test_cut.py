"""A drain whose time is up ends vLLM, also where Docker cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.userdata.host import Host, make_host

KILL = "docker kill vllm"
NOT_WAITED_FOR = "systemctl kill --signal=KILL vllm.service"


@pytest.fixture
def host(tmp_path: Path) -> Host:
    host = make_host(tmp_path / "host")
    host.fake("systemctl", ":")
    return host


def test_docker_kills_it(host: Host) -> None:
    host.fake("docker", ":")
    assert host.run("cut.sh").status == 0
    assert host.calls() == [KILL]


def test_a_container_that_ended_by_itself_is_left_alone(host: Host) -> None:
    host.fake("docker", "exit 1")
    assert host.run("cut.sh").status == 0
    assert host.calls("systemctl") == []


def test_the_drain_does_not_wait_for_a_container_that_docker_cannot_kill(host: Host) -> None:
    """ "tried to kill container, but did not receive an exit event": `docker stop` then waits its whole time."""
    host.fake("docker", '[[ "$1" == container ]]')
    result = host.run("cut.sh")
    assert result.status == 0
    assert host.calls("systemctl") == [NOT_WAITED_FOR]
    assert "Docker does not see vLLM end" in result.output
