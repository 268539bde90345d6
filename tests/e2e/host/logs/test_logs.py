"""What the services of a host say is in the log group, a stream for each, and costs the host next to nothing."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.e2e.host.ground import TOKEN
from tests.e2e.host.lives import First, first
from tests.e2e.host.plays import Plays
from userdata.files.log_sender.streams import STREAMS

pytestmark = pytest.mark.e2e
PLAYS = (first,)
CPU_PERCENT = 1.0
MEMORY_MIB = 60


@pytest.fixture
def life(plays: Plays) -> First:
    return plays.of(first)


def test_every_service_has_its_stream(life: First, seen: Callable[[str], None]) -> None:
    lines = life.log_lines
    seen(", ".join(f"{stream} {len(lines[stream])}" for stream in sorted(lines)) + " lines")
    assert set(lines) == set(STREAMS)
    assert all(lines.values())


@pytest.mark.parametrize(
    ("stream", "line"),
    [
        ("cloud-init", "running 'init'"),
        ("boot", "vllm: step cache-slot ok in "),
        ("vllm", "Application startup complete."),
        ("vllm", "POST /v1/chat/completions HTTP/1.1"),
        ("vllm", "Stopped "),
        ("agent", "Started "),
        ("system", "dockerd: "),
    ],
)
def test_what_people_look_for_is_there(life: First, stream: str, line: str) -> None:
    assert [text for text in life.log_lines[stream] if line in text]


def test_each_line_is_there_once(life: First) -> None:
    """As the boot says each of these."""
    ended = [line for line in life.log_lines["boot"] if line.startswith("vllm: step ") and " ok in " in line]
    assert [line.split()[2] for line in ended] == [step["step"] for step in life.serving.report["steps"]]


def test_lines_of_status_are_json(life: First) -> None:
    for line in life.log_lines["status"]:
        assert "running" in json.loads(line)


def test_what_the_balancer_and_the_agent_ask_all_the_time_is_left_out(life: First) -> None:
    routine = [
        line for line in life.log_lines["vllm"] if '"GET /metrics HTTP/1.1" 200' in line or '"GET /health' in line
    ]
    assert routine == []


def test_no_secret_is_in_the_logs(life: First) -> None:
    text = json.dumps(life.log_lines)
    assert life.key not in text
    assert TOKEN not in text


def test_the_sender_takes_next_to_nothing(life: First, seen: Callable[[str], None]) -> None:
    used = life.serving.log_sender
    percent = 100 * used.cpu_s / used.ran_s
    seen(f"log sender: {percent:.2f} % of a processor in {used.ran_s:.0f} s from its start, {used.memory_mib:.0f} MiB")
    assert percent < CPU_PERCENT
    assert used.memory_mib < MEMORY_MIB
