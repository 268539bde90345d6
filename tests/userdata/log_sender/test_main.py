"""The program itself, as systemd runs it: keys, instance and log group by the real calls, to an emulated AWS."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from rehearsal.aws.server import EmulatedAws
from tests.userdata.agent.stage import METADATA, World, serving
from tests.userdata.log_sender.stage import INSTANCE, Stage, entry
from userdata.files.aws_call.credentials import Metadata
from userdata.files.aws_call.errors import NotSentError
from userdata.files.log_sender.__main__ import instance_id_of
from userdata.render import FILES

GROUP = "vllm-hosts"
TIMEOUT_S = 60


@contextmanager
def running(stage: Stage, *, aws: EmulatedAws, imds: str) -> Iterator[subprocess.Popen[str]]:
    (stage.root / "opt").mkdir()
    (stage.root / "opt" / "vllm").symlink_to(FILES)
    environment = {
        "PATH": f"{stage.root}/bin:{os.environ['PATH']}",
        "AWS_REGION": aws.region,
        "AWS_ENDPOINT_URL": aws.endpoint,
        "AWS_ACCESS_KEY_ID": "rehearsal",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "IMDS": imds,
        "LOG_GROUP": GROUP,
        "STATE_DIRECTORY": str(stage.root / "state"),
        "RUN_DIR": str(stage.root),
    }
    command = ["python3", "-m", "vllm.log_sender"]
    process = subprocess.Popen(command, cwd=stage.root / "opt", env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def lines(logs: Any, stream: str) -> list[str]:
    found = logs.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=f"{INSTANCE}/{stream}")["logStreams"]
    if not found:
        return []
    events = logs.get_log_events(logGroupName=GROUP, logStreamName=f"{INSTANCE}/{stream}", startFromHead=True)
    return [event["message"] for event in events["events"]]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline_s = time.monotonic() + TIMEOUT_S
    while not condition():
        assert time.monotonic() < deadline_s
        time.sleep(0.1)


def test_the_program_sends_until_it_is_stopped_and_then_the_rest(stage: Stage) -> None:
    now_ms = time.time_ns() // 1_000_000
    world = World(texts={f"{METADATA}instance-id": INSTANCE})
    with EmulatedAws() as aws, serving(world) as port:
        logs = aws.client("logs")
        logs.create_log_group(logGroupName=GROUP)
        stage.write(entry(1, "step gpus", at_ms=now_ms), entry(2, "ready", unit="vllm-agent.service", at_ms=now_ms))
        with running(stage, aws=aws, imds=f"http://127.0.0.1:{port}") as process:
            wait_for(lambda: lines(logs, "agent") == ["ready"])
            stage.write(entry(3, "drained", unit="vllm-agent.service", at_ms=now_ms + 1))
            process.send_signal(signal.SIGTERM)
            _, said = process.communicate(timeout=TIMEOUT_S)
        assert process.returncode == 0, said
        assert lines(logs, "boot") == ["step gpus"]
        assert lines(logs, "agent") == ["ready", "drained"]
        assert (stage.root / "state" / "cursor").read_text().startswith("s=aa;i=3;")


class SlowMetadata(Metadata):
    """Answers after some failures."""

    def __init__(self, *answers: str | NotSentError | None) -> None:
        super().__init__()
        self.answers = list(answers)

    def get(self, path: str) -> str | None:
        assert path == "instance-id"
        answer = self.answers.pop(0)
        if isinstance(answer, NotSentError):
            raise answer
        return answer


def test_a_metadata_service_that_is_late_is_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    metadata = SlowMetadata(NotSentError("no answer"), NotSentError("no answer"), None, INSTANCE)
    waits: list[float] = []
    assert instance_id_of(metadata, wait=waits.append, stopping=lambda: False) == INSTANCE
    assert len(waits) == 3
    assert capsys.readouterr().err == "vllm: logs: no answer\n"


def test_a_stop_ends_the_waiting() -> None:
    assert instance_id_of(SlowMetadata(), wait=lambda _: None, stopping=lambda: True) == ""
