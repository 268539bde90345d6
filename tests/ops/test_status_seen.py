"""What is made of status lines, and how a status is shown."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from ops.alarms_seen import Watched
from ops.errors import failure
from ops.status.load import Load
from ops.status.seen import OLD_AFTER_S, Replica, Status, document, text
from userdata.files.publisher.exposition import read
from userdata.files.publisher.status import BEGIN, status_line

NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
METRICS = """\
vllm:num_requests_running{engine="0"} 3.0
vllm:num_requests_waiting{engine="0"} 1.0
vllm:kv_cache_usage_perc{engine="0"} 0.314
"""


def load(*, ago_s: float = 20, up: bool = True) -> Load:
    return Load(
        at=NOW - timedelta(seconds=ago_s),
        up=up,
        running=3,
        waiting=0,
        tokens_per_s=41.2,
        kv_cache_used=0.31,
        vllm="0.32.0",
    )


def status(*replicas: Replica) -> Status:
    return Status(stack="dev", endpoint="http://alb/v1", wanted=2, replicas=replicas)


def replica(given: Load | None, *, note: str = "", serves: bool = True) -> Replica:
    return Replica(
        id="i-0123456789abcdef0",
        zone="us-east-1a",
        version="4",
        state="InService, target healthy",
        serves=serves,
        since=NOW - timedelta(hours=3, minutes=5),
        instance_type="g6.2xlarge",
        load=given,
        note=note,
    )


def test_what_the_publisher_prints_is_understood() -> None:
    names = {"vllm:num_requests_running", "vllm:num_requests_waiting", "vllm:kv_cache_usage_perc"}
    facts = {"version": "0.32.0", "launch_template_version": "4"}
    line = status_line(seen=read(METRICS, names), up=True, tokens_per_s=41.23, facts=facts)
    found = Load.of(line.removeprefix(BEGIN), at=NOW)
    assert found == Load(at=NOW, up=True, running=3, waiting=1, tokens_per_s=41.2, kv_cache_used=0.314, vllm="0.32.0")


def test_what_a_host_does_not_know_stays_unknown() -> None:
    line = status_line(seen=None, up=False, tokens_per_s=None, facts={"version": None})
    assert Load.of(line.removeprefix(BEGIN), at=NOW) == Load(at=NOW, up=False)


@pytest.mark.parametrize("message", ["", "vllm: started", "3", "[]", '{"step": "image", "status": "ok"}'])
def test_what_is_no_status_line_is_passed_over(message: str) -> None:
    assert Load.of(message, at=NOW) is None


@pytest.mark.parametrize("value", [True, "3", {}])
def test_what_is_no_number_is_unknown(value: object) -> None:
    found = Load.of(json.dumps({"running": value, "waiting": value}), at=NOW)
    assert found == Load(at=NOW)


def test_a_line_per_replica() -> None:
    first, head, line, last = text(status(replica(load())).with_alarms(lambda: Watched.of([])), now=NOW).splitlines()
    assert first == "http://alb/v1: 1 of 2 replicas serve"
    assert "  ".join(head.split()) == (
        "replica  type  zone  age  version  state  running  waiting  tokens/s  KV  cache  load"
    )
    assert line.split("  ")[0] == "i-0123456789abcdef0"
    assert "us-east-1a  3 h 5 min  4        InService, target healthy  3        0        41.2      31%" in line
    assert line.endswith("said 20 s ago")
    assert last == "no alarm rings"


def test_an_old_line_is_said_to_be_old() -> None:
    assert text(status(replica(load(ago_s=OLD_AFTER_S))), now=NOW).endswith("said 3 min ago")
    assert text(status(replica(load(ago_s=OLD_AFTER_S + 1))), now=NOW).endswith("said 3 min ago: OLD")


def test_a_host_that_has_said_nothing_yet_shows_its_boot_step() -> None:
    shown = text(status(replica(None, note="step image waiting", serves=False)), now=NOW)
    assert shown.splitlines()[-1].endswith("?        ?        ?         ?         ?     step image waiting")
    assert text(status(replica(None)), now=NOW).endswith("has said nothing yet")


def test_a_vllm_that_does_not_answer_is_said() -> None:
    assert text(status(replica(load(up=False))), now=NOW).endswith("vLLM does not answer, said 20 s ago")


def test_alarms_that_cannot_be_read_do_not_hide_the_rest() -> None:
    def refused() -> Watched:
        raise failure(path="AWS permissions", message="your role may not call DescribeAlarms")

    seen = status(replica(load())).with_alarms(refused)
    assert seen.rings is None
    assert text(seen, now=NOW).endswith("the alarms cannot be read: your role may not call DescribeAlarms")


def test_no_replica_is_a_status_too() -> None:
    assert text(status(), now=NOW) == "http://alb/v1: 0 of 2 replicas serve"


def test_the_document_is_json_with_ages_in_seconds() -> None:
    content = json.loads(json.dumps(document(status(replica(load(ago_s=200)), replica(None)), now=NOW)))
    assert (content["wanted"], content["serving"], content["alarms"]) == (2, 2, None)
    first, second = content["replicas"]
    assert first["age_s"] == 3 * 3600 + 5 * 60
    assert first["load"] == {
        "up": True,
        "running": 3,
        "waiting": 0,
        "tokens_per_s": 41.2,
        "kv_cache_used": 0.31,
        "vllm": "0.32.0",
        "age_s": 200.0,
        "old": True,
    }
    assert second["load"] is None
