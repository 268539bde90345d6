"""``ops logs``: which lines, in which order, and what is said where there are none."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from config.errors import ConfigError
from ops.log_line import LogLine
from ops.logs import UNITS, since_of
from ops.logs.group import LogGroup, line_of
from tests.machine.docker_stand_in import engine_answering, info
from tests.ops.deployed_stack import Folder, make_folder
from tests.rehearsal.aws.cloud import Cloud

GROUP = "vllm-hosts"
FIRST, SECOND = "i-00000000000000001", "i-00000000000000002"
NOW = datetime(2026, 1, 31, 12, 0, 0, tzinfo=UTC)
LOCAL = "config:\n  vllm:target: local\n  vllm:model: Qwen/Qwen2.5-1.5B-Instruct\n"


@pytest.fixture
def folder(cloud: Cloud, tmp_path: Path) -> Folder:
    """With the stack dev, and its log group."""
    logs(cloud).create_log_group(logGroupName=GROUP)
    return make_folder(tmp_path, outputs={"log_group": GROUP}, environment=cloud.aws.environment())


def logs(cloud: Cloud) -> Any:
    return cloud.aws.client("logs")


def say(cloud: Cloud, stream: str, *texts: str, ago_s: float = 60) -> None:
    """Lines of one stream, a second apart; the first one so long ago."""
    client = logs(cloud)
    known = client.describe_log_streams(logGroupName=GROUP, logStreamNamePrefix=stream)["logStreams"]
    if stream not in [each["logStreamName"] for each in known]:
        client.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    first_ms = int((datetime.now(UTC).timestamp() - ago_s) * 1000)
    events = [{"timestamp": first_ms + 1000 * number, "message": text} for number, text in enumerate(texts)]
    client.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)


def texts(folder: Folder, *arguments: str) -> list[str]:
    done = folder.ops("logs", "--stack", "dev", "--json", *arguments)
    assert done.returncode == 0, done.stderr
    return [line["text"] for line in json.loads(done.stdout)["lines"]]


def group(cloud: Cloud, *, units: Iterable[str] = UNITS, pauses: list[float] | None = None, **more: Any) -> LogGroup:
    noted: list[float] = [] if pauses is None else pauses
    return LogGroup(logs=logs(cloud), name=GROUP, stack="dev", units=tuple(units), **{"pause": noted.append, **more})


def test_lines_of_all_hosts_are_in_the_order_of_time(cloud: Cloud, folder: Folder) -> None:
    say(cloud, f"{FIRST}/boot", "first", "third")
    say(cloud, f"{SECOND}/vllm", "second", "fourth", ago_s=59.5)
    assert texts(folder) == ["first", "second", "third", "fourth"]


def test_a_line_tells_when_who_and_what(cloud: Cloud, folder: Folder) -> None:
    say(cloud, f"{FIRST}/vllm", "Application startup complete.")
    done = folder.ops("logs", "--stack", "dev")
    time, source, rest = done.stdout.rstrip("\n").split(" ", 2)
    assert (source, rest) == (FIRST, "vllm: Application startup complete.")
    assert abs(datetime.now(UTC) - datetime.fromisoformat(time)) < timedelta(minutes=10)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--unit", "vllm"], ["v1", "v2"]),
        (["--unit", "vllm", "--unit", "boot"], ["b1", "v1", "v2"]),
        (["--instance", SECOND], ["v2"]),
        (["--instance", FIRST, "--unit", "vllm"], ["v1"]),
        (["--since", "90s"], ["v1", "v2"]),
        (["--unit", "status"], ['{"running": 1}']),
        (["--instance", "i-0000000000000000"], []),
    ],
    ids=lambda value: " ".join(value),
)
def test_what_is_asked_for_is_shown(cloud: Cloud, folder: Folder, arguments: list[str], expected: list[str]) -> None:
    say(cloud, f"{FIRST}/boot", "b1", ago_s=120)
    say(cloud, f"{FIRST}/vllm", "v1", ago_s=60)
    say(cloud, f"{SECOND}/vllm", "v2", ago_s=30)
    say(cloud, f"{SECOND}/status", '{"running": 1}', ago_s=20)
    assert texts(folder, *arguments) == expected


def test_events_of_a_boot_are_sentences(cloud: Cloud, folder: Folder) -> None:
    events: list[dict[str, Any]] = [
        {"step": "gpus", "status": "ok", "reason": "", "duration_s": 1.5},
        {"step": "secrets", "status": "waiting", "reason": "the API key not set", "duration_s": 60},
        {"step": "boot", "status": "ok", "reason": '{"planned_s": {}}', "duration_s": 90},
    ]
    say(cloud, FIRST, *map(json.dumps, events), "something else")
    assert texts(folder, "--unit", "events") == [
        "gpus ok after 1.5 s",
        "secrets waiting after 60 s: the API key not set",
        "boot ok after 90 s",
        "something else",
    ]


def test_no_lines_are_an_answer(folder: Folder) -> None:
    done = folder.ops("logs", "--stack", "dev", "--since", "2026-01-31T12:00")
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "no lines since 2026-01-31 12:00:00 UTC\n"


def test_more_streams_than_one_request_takes(cloud: Cloud, folder: Folder) -> None:
    for number in range(101):
        say(cloud, f"i-{number:017x}/vllm", str(number), ago_s=500 - number)
    assert texts(folder) == [str(number) for number in range(101)]


def test_streams_that_ended_long_ago_are_not_read(cloud: Cloud, folder: Folder) -> None:
    """They outlive their instances: a group of some months has thousands."""
    say(cloud, f"{FIRST}/vllm", "old", ago_s=7 * 24 * 3600)
    say(cloud, f"{SECOND}/vllm", "new")
    later = datetime.now(UTC) + timedelta(days=1)
    assert list(group(cloud)._streams(later)) == []
    assert list(group(cloud)._streams(datetime.now(UTC) - timedelta(hours=1))) != []
    assert texts(folder) == ["new"]


def test_what_comes_is_followed_and_shown_once(cloud: Cloud, folder: Folder) -> None:
    del folder
    say(cloud, f"{FIRST}/vllm", "first", ago_s=30)
    news = [
        (f"{FIRST}/vllm", "second", 29),
        (f"{SECOND}/boot", "of a new host", 20),
        (f"{FIRST}/vllm", "late by a minute", 80),
    ]
    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) % 2:  # every other time nothing has come
            stream, text, ago_s = news.pop(0)
            say(cloud, stream, text, ago_s=ago_s)

    since = datetime.now(UTC) - timedelta(hours=1)
    found = list(islice(group(cloud, pause=pause).follow(since), 4))
    assert [line.text for line in found] == ["first", "second", "of a new host", "late by a minute"]
    assert len(pauses) == 5


def test_nothing_older_than_asked_for_is_followed(cloud: Cloud, folder: Folder) -> None:
    del folder
    say(cloud, f"{FIRST}/vllm", "old", ago_s=100)
    say(cloud, f"{FIRST}/boot", "new", ago_s=5)
    since = datetime.now(UTC) - timedelta(seconds=60)
    assert [line.text for line in islice(group(cloud).follow(since), 1)] == ["new"]


def test_a_group_that_is_gone_is_said_to_be(cloud: Cloud, folder: Folder) -> None:
    logs(cloud).delete_log_group(logGroupName=GROUP)
    done = folder.ops("logs", "--stack", "dev")
    assert done.returncode == 1
    assert "this log group is gone: pulumi refresh" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (["--since", "yesterday"], "--since"),
        (["--since", "2999-01-01"], "--since"),
        (["--since", ""], "--since"),
        (["--unit", "nginx"], "--unit"),
        (["--instance", "web-1"], "--instance"),
        (["--follow", "--json"], "--json"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_command_line_is_one_report(folder: Folder, arguments: list[str], path: str) -> None:
    done = folder.ops("logs", "--stack", "dev", *arguments)
    assert done.returncode == 2
    assert f"{path}: " in done.stderr + done.stdout or path in json.loads(done.stdout)["errors"][0]["path"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("90s", NOW - timedelta(seconds=90)),
        ("10m", NOW - timedelta(minutes=10)),
        ("2h", NOW - timedelta(hours=2)),
        ("3d", NOW - timedelta(days=3)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31T11:30", datetime(2026, 1, 31, 11, 30, tzinfo=UTC)),
        ("2026-01-31T12:30+01:00", datetime(2026, 1, 31, 11, 30, tzinfo=UTC)),
        ("2026-01-31T11:30:05Z", datetime(2026, 1, 31, 11, 30, 5, tzinfo=UTC)),
    ],
)
def test_since_is_how_long_ago_or_when(text: str, expected: datetime) -> None:
    assert since_of(text, now=NOW) == expected


@pytest.mark.parametrize("text", ["10", "m", "-5m", "1h30m", "2026-13-01", "2026-01-31T12:01"])
def test_what_is_no_time_or_has_not_come_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="--since"):
        since_of(text, now=NOW)


def test_a_line_as_text_and_as_data() -> None:
    event = {"logStreamName": f"{FIRST}/agent", "timestamp": 1_769_860_800_250, "message": "two words"}
    line = line_of(event)
    assert line == LogLine(at=NOW + timedelta(milliseconds=250), source=FIRST, unit="agent", text="two words")
    assert line.render() == f"2026-01-31T12:00:00Z {FIRST} agent: two words"
    assert line.as_dict()["at"] == "2026-01-31T12:00:00.250Z"


# A stack on this machine.


def frames(*lines: str, stream: int = 1) -> bytes:
    """As the engine sends a log of a container without a terminal: a header of 8 bytes before each piece."""
    return b"".join(struct.pack(">BxxxL", stream, len(line) + 1) + line.encode() + b"\n" for line in lines)


def on_this_machine(folder: Folder, log: bytes | None, *arguments: str, name: str = "vllm-local") -> Any:
    folder.stack_file("local").write_text(LOCAL)
    answers: dict[str, Any] = {"/info": info(folder.path)}
    if log is not None:
        answers[f"/containers/{name}/json"] = {"Id": "0a", "Config": {"Tty": False}}
        answers[f"/containers/{name}/logs"] = log
    with engine_answering(answers) as host:
        return folder.ops("logs", "--stack", "local", *arguments, DOCKER_HOST=host)


def test_on_this_machine_it_is_the_log_of_the_container(folder: Folder) -> None:
    log = frames("2026-01-31T12:00:00.123456789Z (APIServer) ready", "2026-01-31T12:00:01.0Z 200 OK")
    done = on_this_machine(folder, log)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "2026-01-31T12:00:00Z vllm-local vllm: (APIServer) ready",
        "2026-01-31T12:00:01Z vllm-local vllm: 200 OK",
    ]


def test_of_this_machine_it_can_be_followed_or_data(folder: Folder) -> None:
    log = frames("2026-01-31T12:00:00.1Z one", "and its rest")
    followed = on_this_machine(folder, log, "--follow", "--unit", "front", name="vllm-local-front")
    assert followed.stdout.splitlines() == [
        "2026-01-31T12:00:00Z vllm-local-front front: one",
        "2026-01-31T12:00:00Z vllm-local-front front: and its rest",
    ]
    data = on_this_machine(folder, log, "--json", "--unit", "grafana", name="vllm-local-grafana")
    assert [line["text"] for line in json.loads(data.stdout)["lines"]] == ["one", "and its rest"]


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        ([], 1, "it is not up: pulumi up --stack local"),
        (["--unit", "boot"], 2, "vllm, front, prometheus"),
        (["--unit", "vllm", "--unit", "front"], 2, "one at a time"),
        (["--instance", FIRST], 2, "this stack is on this machine"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_not_on_this_machine_is_said(folder: Folder, arguments: list[str], status: int, says: str) -> None:
    done = on_this_machine(folder, None, *arguments)
    assert done.returncode == status
    assert says in done.stderr


def test_without_an_engine_it_is_said_what_is_needed(folder: Folder) -> None:
    folder.stack_file("local").write_text(LOCAL)
    done = folder.ops("logs", "--stack", "local", DOCKER_HOST=f"unix://{folder.path}/none.sock")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "none.sock" in done.stderr
