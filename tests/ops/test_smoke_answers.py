"""What ``ops smoke`` makes of streams, of tool calls, and of the numbers by which a stack is watched."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from config.parse import parse
from ops.endpoint import Endpoint
from ops.http_call import Answer, Stream
from ops.outputs import Deployed
from ops.smoke.answers import CheckFailedError, SkippedError, words_of_stream
from ops.smoke.checks import run_checks
from ops.smoke.metrics import GENERATED, arrives, counts, metrics_of
from ops.smoke.tools import call_tool, has_tool_parser
from ops.status.load import Load
from ops.status.seen import Replica, Status
from tests.ops.vllm_stand_in import KEY, Events, Respond, instead, serving, vllm_behind_the_balancer

NOW = datetime(2026, 1, 31, tzinfo=UTC)


def stream(*events: Any) -> Stream:
    return Stream(events=tuple((0.1, each if isinstance(each, str) else json.dumps(each)) for each in events))


WORD = {"choices": [{"delta": {"content": "a"}}]}
USAGE = {"choices": [], "usage": {"completion_tokens": 3}}


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Stream(refused=Answer(status=500, body=None)), "HTTP 500 instead of 200"),
        (stream(), "it is not streamed"),
        (stream(WORD, USAGE), "does not come"),
        (stream(USAGE, "[DONE]"), "holds no completion"),
        (stream(WORD, "[DONE]"), "does not end with its usage"),
        (stream(WORD, {"error": {"message": "engine is dead"}}, "[DONE]"), "engine is dead"),
        (stream("no json", "[DONE]"), "no JSON object"),
    ],
)
def test_what_is_no_whole_stream_is_named(answer: Stream, said: str) -> None:
    with pytest.raises(CheckFailedError, match=said.replace("[", r"\[")):
        words_of_stream(answer)


def test_a_stream_is_told_by_its_pieces_and_its_first_word() -> None:
    words = words_of_stream(Stream(events=((0.5, json.dumps(WORD)), (0.6, json.dumps(USAGE)), (0.6, "[DONE]"))))
    assert (words.tokens, words.pieces, words.first_s) == (3, 1, 0.5)


def test_an_endpoint_that_answers_at_once_where_a_stream_was_asked_for_fails() -> None:
    whole = instead({"/v1/completions": (200, {"choices": [{"text": "a"}], "usage": {"completion_tokens": 8}})})
    with serving(whole) as url:
        checks = run_checks(Endpoint(base_url=url, key=KEY, direct=False, timeout_s=10))
    (found,) = [check for check in checks if check.name == "text completion, streamed"]
    assert (found.passed, found.detail) == (False, "the answer holds no event: it is not streamed")


def call(name: str = "switch_light", arguments: str = '{"state": "on"}') -> dict[str, Any]:
    message = {"tool_calls": [{"function": {"name": name, "arguments": arguments}}]}
    return {"choices": [{"message": message}], "usage": {"completion_tokens": 9}}


IN_WORDS = {"choices": [{"message": {"content": "Done."}}], "usage": {"completion_tokens": 4}}


def answering(auto: tuple[int, Any], told: tuple[int, Any] = (500, None)) -> Respond:
    return lambda path, key, body: auto if body["tool_choice"] == "auto" else told


def asked(respond: Respond, *, has_parser: bool | None = True) -> tuple[str, int]:
    with serving(respond) as url:
        endpoint = Endpoint(base_url=url, key=KEY, direct=False, timeout_s=10)
        seen = call_tool(endpoint, model="tiny", has_parser=has_parser)
    return seen.detail, seen.tokens


def test_a_model_that_calls_the_tool_by_itself_passes() -> None:
    assert asked(answering((200, call()))) == ("switch_light(on)", 9)


def test_a_model_that_answers_in_words_is_told_to_call() -> None:
    detail, tokens = asked(answering((200, IN_WORDS), (200, call())))
    assert detail.startswith("switch_light(on) when told to; left to itself, the model answers in words")
    assert tokens == 13


@pytest.mark.parametrize(
    ("respond", "said"),
    [
        (answering((200, IN_WORDS), (200, IN_WORDS)), "no call of switch_light"),
        (answering((200, call(arguments="{"))), "no JSON of its schema"),
        (answering((200, call(name="other"))), "the call is of other"),
        (answering((400, {"error": {"message": "--enable-auto-tool-choice"}})), "HTTP 400 instead of 200"),
    ],
)
def test_a_tool_that_is_not_called_well_is_a_failure(respond: Respond, said: str) -> None:
    with pytest.raises(CheckFailedError, match=said):
        asked(respond)


def test_without_a_parser_no_tool_is_asked_for() -> None:
    with pytest.raises(SkippedError, match="names no tool parser"):
        asked(vllm_behind_the_balancer, has_parser=False)


@pytest.mark.parametrize(("arguments", "has"), [({}, False), ({"enable-auto-tool-choice": True}, True)])
def test_the_stack_file_says_whether_there_is_a_parser(arguments: dict[str, object], has: bool) -> None:
    raw = {"aws:region": "us-east-1", "vllm:model": "a/b", "vllm:serving": {"extraArgs": arguments}}
    config = parse(stack="dev", raw=raw).config
    assert config is not None
    assert has_tool_parser(config) is has


def numbers(*values: float) -> Iterator[float]:
    return iter(values)


def test_a_count_that_follows_late_is_waited_for() -> None:
    seen = numbers(100, 100, 132)
    slept: list[float] = []
    compare = counts(lambda: next(seen), sleep=slept.append)
    assert compare(32) == f"{GENERATED} has grown by 32, 32 of them for this"
    assert slept == [0.5]


def test_a_count_that_stands_still_fails() -> None:
    compare = counts(lambda: 100.0, sleep=lambda _: None)
    with pytest.raises(CheckFailedError, match="has grown by 0, and 32 tokens were answered"):
        compare(32)


def test_nothing_answered_is_nothing_to_count() -> None:
    with pytest.raises(CheckFailedError, match="no token was made"):
        counts(lambda: 100.0)(0)


def test_the_server_itself_is_asked_for_its_numbers() -> None:
    made = 0

    def counted(path: str, key: str | None, body: Any) -> tuple[int, Any]:
        nonlocal made
        if path == "/metrics":
            return 200, Events((f'\n{GENERATED}{{model_name="tiny"}} {made}.0\n',))
        status, reply = vllm_behind_the_balancer(path, key, body)
        made += body["max_tokens"] if status == 200 and body else 0
        return status, reply

    with serving(counted) as url:
        endpoint = Endpoint(base_url=url, key=KEY, direct=True, timeout_s=10)
        checks = run_checks(endpoint, metrics=metrics_of(endpoint))
    assert checks[-1].detail == f"{GENERATED} has grown by 32, 32 of them for this"


def fleet(*loads: Load | None) -> Status:
    replicas = tuple(
        Replica(id=f"i-{index}", zone="a", version="1", state="InService", serves=True, since=None, load=load)
        for index, load in enumerate(loads)
    )
    return Status(stack="dev", endpoint="http://lb/v1", wanted=len(loads), replicas=replicas)


def test_hosts_that_say_how_they_are_pass() -> None:
    lately = Load(at=NOW - timedelta(seconds=50), up=True)
    assert arrives(fleet(lately, lately), now=NOW) == "2 of 2 replicas say how they are, each within 180 s"


@pytest.mark.parametrize(
    ("load", "said"),
    [
        (None, "i-0 has said nothing yet"),
        (Load(at=NOW - timedelta(seconds=400), up=True), "i-0 said last how it is 400 s ago"),
        (Load(at=NOW, up=False), "i-0 says that vLLM does not answer"),
    ],
)
def test_a_host_that_is_silent_fails(load: Load | None, said: str) -> None:
    with pytest.raises(CheckFailedError, match=said):
        arrives(fleet(load), now=NOW)


def test_a_fleet_that_is_not_there_fails() -> None:
    with pytest.raises(CheckFailedError, match="no replica is in service"):
        arrives(fleet(), now=NOW)


def test_numbers_that_nobody_can_read_are_skipped_with_the_reason() -> None:
    config = parse(stack="dev", raw={"aws:region": "us-east-1", "vllm:model": "a/b"}).config
    assert config is not None
    with serving(vllm_behind_the_balancer) as url:
        stack = Deployed(config=config, outputs={"endpoint": url})
        endpoint = Endpoint(base_url=url, key=KEY, direct=False, timeout_s=10, stack=stack)
        checks = run_checks(endpoint, metrics=metrics_of(endpoint))
    assert (checks[-1].name, checks[-1].skipped) == ("metrics move", True)
    assert checks[-1].detail.startswith("cannot be read: nothing is deployed yet")
