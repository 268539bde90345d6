"""The agent as systemd runs it: its signs of life, and its stop."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.userdata.agent.stage import LIFECYCLE, Stage

STOP = "systemctl stop vllm.service"


@contextmanager
def running(stage: Stage) -> Iterator[tuple[subprocess.Popen[bytes], socket.socket]]:
    """The process once it has said that it is ready, and what it tells systemd."""
    address = stage.host.path("notify")
    address.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(address))
        channel.settimeout(30)
        process = subprocess.Popen(
            [sys.executable, "-m", "agent"],
            cwd=stage.host.path("opt"),
            env=stage.environment | {"NOTIFY_SOCKET": str(address), "PYTHONDONTWRITEBYTECODE": "1"},
        )
        try:
            assert channel.recv(100) == b"READY=1"
            assert channel.recv(100) == b"WATCHDOG=1"
            yield process, channel
        finally:
            process.kill()
            process.wait()


def stop(process: subprocess.Popen[bytes]) -> int:
    process.send_signal(signal.SIGTERM)
    return process.wait(timeout=30)


def test_a_stop_drains_the_server_and_a_start_brings_it_back(stage: Stage) -> None:
    with running(stage) as (process, _):
        assert stop(process) == 0
        assert stage.calls("systemctl")[-1] == STOP
    with running(stage) as (process, _):
        process.kill()
    starts = [call for call in stage.acts() if "start" in call]
    assert starts == ["systemctl start --no-block vllm.service"]
    with running(stage) as (process, _):
        process.kill()
    assert [call for call in stage.acts() if "start" in call] == starts


def test_the_stop_waits_for_the_server_and_watches_on(stage: Stage) -> None:
    fake = stage.host.path("bin/systemctl").read_text()
    wait = 'while [[ ! -e "$RUN_DIR/ended" ]]; do /bin/sleep 0.02; done'
    stage.host.path("bin/systemctl").write_text(fake.replace('case "$1" in', f'case "$1" in\n  stop) {wait} ;;', 1))
    with running(stage) as (process, channel):
        process.send_signal(signal.SIGTERM)
        for _ in range(3):
            assert channel.recv(100) == b"WATCHDOG=1"
        assert process.poll() is None
        stage.host.path("run/ended").touch()
        assert process.wait(timeout=30) == 0


@pytest.mark.parametrize(
    ("file", "text"),
    [("jobs", "77 vllm-agent.service restart running\n"), ("system", "stopping\n")],
    ids=["it is only restarted", "each unit stops by itself"],
)
def test_a_restart_and_a_shutdown_leave_the_server_alone(stage: Stage, file: str, text: str) -> None:
    stage.host.path(file).write_text(text)
    with running(stage) as (process, _):
        assert stop(process) == 0
    assert STOP not in stage.acts()


def test_a_stop_does_not_touch_a_server_that_a_boot_loads(stage: Stage) -> None:
    stage.units(boot="activating")
    with running(stage) as (process, _):
        assert stop(process) == 0
    assert STOP not in stage.acts()


def test_a_stop_during_a_drain_waits_for_its_end(stage: Stage) -> None:
    stage.script("drain.sh", 'while [[ ! -e "$RUN_DIR/ended" ]]; do /bin/sleep 0.02; done; echo >"$RUN_DIR/drained"')
    stage.world.texts[LIFECYCLE] = "Terminated"
    with running(stage) as (process, channel):
        process.send_signal(signal.SIGTERM)
        assert channel.recv(100) == b"WATCHDOG=1"
        stage.host.path("run/ended").touch()
        assert process.wait(timeout=30) == 0
    assert stage.host.path("run/drained").exists()
    assert STOP not in stage.acts()
