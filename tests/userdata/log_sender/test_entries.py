"""What is made of an entry of the journal: which stream, which text."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.userdata.log_sender.stage import START_MS, entry
from userdata.files.log_sender.entries import (
    CUT,
    MAX_LINE_BYTES,
    Entry,
    entries_between,
    entry_of,
    same_entry,
)
from userdata.files.log_sender.streams import MATCHES, STREAMS
from userdata.render import host_files

CURSOR = "s=aa;i=5;b=bb;m=10;t=20;x=30"


def sent(line: str) -> tuple[str, str]:
    """Stream and text."""
    found = entry_of(line.encode())
    assert found is not None
    return found.stream, found.text


@pytest.mark.parametrize(
    ("unit", "fields", "stream"),
    [
        ("cloud-init-local.service", {}, "cloud-init"),
        ("cloud-final.service", {}, "cloud-init"),
        ("vllm-boot.service", {}, "boot"),
        ("vllm-agent.service", {}, "agent"),
        ("vllm-publisher.service", {}, "publisher"),
        ("vllm.service", {}, "vllm"),
        ("docker.service", {"CONTAINER_NAME": "vllm", "SYSLOG_IDENTIFIER": "0123abcd"}, "vllm"),
        ("init.scope", {"UNIT": "vllm.service"}, "vllm"),
    ],
)
def test_each_service_has_its_stream(unit: str, fields: dict[str, Any], stream: str) -> None:
    assert sent(entry(1, "hello", unit=unit, **fields)) == (stream, "hello")


@pytest.mark.parametrize(
    ("unit", "fields", "text"),
    [
        ("docker.service", {"SYSLOG_IDENTIFIER": "dockerd"}, "dockerd: hello"),
        ("docker.service", {"SYSLOG_IDENTIFIER": "0123abcd", "CONTAINER_NAME": "other"}, "other: hello"),
        ("", {"SYSLOG_IDENTIFIER": "kernel", "_TRANSPORT": "kernel"}, "kernel: hello"),
        ("", {}, "hello"),
    ],
)
def test_the_rest_is_of_the_system_and_named(unit: str, fields: dict[str, Any], text: str) -> None:
    assert sent(entry(1, "hello", unit=unit, **fields)) == ("system", text)


def test_every_service_of_ours_is_asked_for() -> None:
    units = [name for name in host_files() if name.endswith(".service")]
    assert units
    for unit in units:
        assert f"_SYSTEMD_UNIT={unit}" in MATCHES
        assert f"UNIT={unit}" in MATCHES


def test_a_line_of_status_goes_alone_to_its_own_stream() -> None:
    line = 'vllm: status {"running": 3, "up": true}'
    assert sent(entry(1, line, unit="vllm-publisher.service")) == ("status", '{"running": 3, "up": true}')
    assert sent(entry(1, line, unit="vllm-boot.service")) == ("boot", line)
    assert sent(entry(1, "vllm: status of AWS", unit="vllm-publisher.service"))[0] == "publisher"
    assert "status" in STREAMS


@pytest.mark.parametrize("path", ["/health", "/metrics"])
def test_what_is_asked_every_few_seconds_is_not_sent_while_it_is_answered(path: str) -> None:
    line = f'(APIServer pid=1) INFO:     10.0.0.7:4711 - "GET {path} HTTP/1.1" {{}}'
    assert sent(entry(1, line.format("200 OK"), CONTAINER_NAME="vllm")) == ("", "")
    failed = line.format("503 Service Unavailable")
    assert sent(entry(1, failed, CONTAINER_NAME="vllm")) == ("vllm", failed)
    asked = '10.0.0.7:4711 - "POST /v1/completions HTTP/1.1" 200 OK'
    assert sent(entry(1, asked, CONTAINER_NAME="vllm")) == ("vllm", asked)


@pytest.mark.parametrize(
    ("message", "text"),
    [
        (list(b"\x1b[1;36m(EngineCore pid=9)\x1b[0;0m \xe2\x9c\x93"), "(EngineCore pid=9) \u2713"),
        (list(b"not \xff UTF-8"), "not \ufffd UTF-8"),
        (["twice", list(b"the field")], "twice the field"),
        ("ends with spaces \r", "ends with spaces"),
        ("  starts with spaces", "  starts with spaces"),
        ("a lone \ud800 surrogate", "a lone ? surrogate"),
    ],
)
def test_messages_are_text_however_they_are_printed(message: Any, text: str) -> None:
    assert sent(entry(1, message)) == ("boot", text)


@pytest.mark.parametrize("message", ["", "   ", None, 7, [], {}])
def test_what_has_no_text_is_not_sent_and_its_place_is_known(message: Any) -> None:
    found = entry_of(entry(1, message).encode())
    assert found is not None
    assert (found.stream, found.text, found.at_ms) == ("", "", START_MS + 1)
    assert found.cursor.startswith("s=aa;i=1;")


@pytest.mark.parametrize("line", [b"", b"no JSON", b"[]", b"{}", b"null", b'{"__CURSOR": "s=1"}', b"\xff"])
def test_what_is_no_entry_is_passed_over(line: bytes) -> None:
    assert entry_of(line) is None


def test_a_huge_line_is_cut() -> None:
    text = sent(entry(1, "\u20ac" * MAX_LINE_BYTES))[1]
    assert len(text.encode()) <= MAX_LINE_BYTES
    assert text.endswith("\u20ac" + CUT)


def test_the_size_is_of_the_bytes() -> None:
    assert Entry(cursor="", at_ms=0, stream="boot", text="\u20acuro").size_bytes == 6


@pytest.mark.parametrize(
    ("other", "same", "between"),
    [
        (CURSOR, True, None),
        ("s=cc;i=1;b=bb;m=10;t=20;x=30", True, None),  # journald has copied it to another file
        ("s=aa;i=6;b=bb;m=11;t=21;x=31", False, 0),
        ("s=aa;i=1e;b=bb;m=99;t=99;x=99", False, 24),
        ("s=cc;i=6;b=bb;m=11;t=21;x=31", False, None),
        ("s=aa;i=?;b=bb;m=11;t=21;x=31", False, None),
        ("nonsense", False, None),
    ],
)
def test_cursors_tell_which_entry_and_how_many_between(other: str, same: bool, between: int | None) -> None:
    assert same_entry(CURSOR, other) is same
    assert entries_between(CURSOR, other) == between


def test_of_a_line_only_what_is_needed_is_asked_for() -> None:
    """A field that is used and not asked for would be missing on a host alone."""
    from userdata.files.log_sender.follow import command_of

    (option,) = [word for word in command_of("") if word.startswith("--output-fields=")]
    asked = set(option.partition("=")[2].split(","))
    full = json.loads(entry(1, "x", CONTAINER_NAME="other", SYSLOG_IDENTIFIER="y", UNIT="z.service"))
    kept = {name: value for name, value in full.items() if name in asked or name.startswith("__")}
    assert sent(json.dumps(kept)) == sent(json.dumps(full))
