"""The publisher as systemd runs it: from the host's folder, before there is a vLLM, and ended by a signal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.userdata.aws_call.service import Answer, Asked, answering
from tests.userdata.publisher.series import text
from userdata.render import host_files, scripts_archive


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """What /opt is on a host."""
    subprocess.run(["bash", "/dev/stdin", str(tmp_path / "vllm")], input=scripts_archive(), check=True)
    return tmp_path


@contextmanager
def running(folder: Path, **variables: str) -> Iterator[subprocess.Popen[str]]:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONDONTWRITEBYTECODE": "1",
        "AWS_ACCESS_KEY_ID": "rehearsal",
        "AWS_REGION": "us-east-1",
        "STACK": "dev",
        "RUN_DIR": str(folder / "run"),
        "METRICS_PORT": "0",
        "METRICS_PORT_OPEN": "false",
        "PLANNED_CONCURRENCY": "8",
    }
    (command,) = (
        line.removeprefix("ExecStart=/usr/bin/python3 ").split()
        for line in host_files()["vllm-publisher.service"].splitlines()
        if line.startswith("ExecStart=")
    )
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env=environment | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def stop(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGTERM)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 0, output
    return output


def test_a_stop_sends_what_was_seen(folder: Path) -> None:
    looked = threading.Event()
    arrived: list[dict[str, object]] = []

    def vllm(asked: Asked) -> Answer:
        looked.set()
        return Answer(body=text(running=1, tokens=42) if asked.path == "/metrics" else '{"version": "0.32.0"}')

    def cloudwatch(asked: Asked) -> Answer:
        arrived.extend(json.loads(asked.body)["MetricData"])
        return Answer()

    with answering(vllm) as server, answering(cloudwatch) as aws:
        port = server.rpartition(":")[2]
        # The port of the metrics is taken: nothing is served there, the rest goes on.
        with running(folder, AWS_ENDPOINT_URL=aws, VLLM_PORT=port, METRICS_PORT=port) as process:
            assert looked.wait(60)
            output = stop(process)
    values = {entry["MetricName"]: entry["Values"] for entry in arrived}
    assert values["GenerationTokens"] == [42.0]
    assert f"nothing is served on port {port}" in output
    assert '"running": 1' in output


def test_without_vllm_and_without_aws_it_keeps_what_it_has(folder: Path) -> None:
    asked = threading.Event()

    def answer(_: Asked) -> Answer:
        asked.set()
        return Answer(status=503)

    with answering(answer) as nobody:
        port = nobody.rpartition(":")[2]
        with running(folder, AWS_ENDPOINT_URL="http://127.0.0.1:9", VLLM_PORT=port) as process:
            assert asked.wait(60)
            output = stop(process)
    assert "metrics are kept" in output
    assert "Traceback" not in output
    state = json.loads((folder / "run" / "publisher.json").read_text())
    assert [entry["MetricName"] for request in state["kept"] for entry in request["data"]]
