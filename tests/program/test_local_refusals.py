"""A machine that is not ready: said before anything is made, and a preview shows the resources all the same."""

from __future__ import annotations

from typing import Any
from unittest import mock

import pulumi
import pytest

from rehearsal.graph.monitor import RecordingMonitor
from tests.program.local_cases import NO_GPU, ONE_4090, machine, recorded

NOWHERE = "unix:///nowhere/docker.sock"


def errors(graph: Any) -> list[str]:
    return [message.text for message in graph.messages if message.severity == "error"]


def test_a_machine_that_is_ready_is_not_complained_about() -> None:
    with machine(hardware=ONE_4090) as home:
        case = recorded(hardware=ONE_4090, home=home, sections={})
    assert errors(case.graph) == []


def test_a_preview_says_all_that_is_in_the_way_and_shows_the_resources() -> None:
    with machine(hardware=ONE_4090, docker_host=NOWHERE, keys="") as home:
        case = recorded(hardware=ONE_4090, home=home, sections={})
    (report,) = errors(case.graph)
    assert NOWHERE in report
    assert "python -m ops keys add me --stack local" in report
    assert case.server.inputs["name"] == "vllm-local"
    assert "endpoint" not in case.graph.stack.outputs, "the program ends with an error, so that the preview fails"


def test_an_update_says_how_to_watch_what_takes_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: False)
    with machine(hardware=ONE_4090) as home:
        case = recorded(hardware=ONE_4090, home=home, sections={})
    assert [message.text for message in case.graph.messages if message.severity == "info"] == [
        "how far vLLM is: docker logs --follow vllm-local"
    ]


def test_an_update_ends_before_the_first_resource(monkeypatch: pytest.MonkeyPatch) -> None:
    registered: list[str] = []
    original = RecordingMonitor.RegisterResource

    def remember(self: RecordingMonitor, request: Any) -> Any:
        registered.append(request.type)
        return original(self, request)

    monkeypatch.setattr(RecordingMonitor, "RegisterResource", remember)
    monkeypatch.setattr(pulumi.runtime, "is_dry_run", lambda: False)
    with (
        machine(hardware=ONE_4090, docker_host=NOWHERE) as home,
        pytest.raises(pulumi.RunError, match=r"not ready.*nothing was changed"),
    ):
        recorded(hardware=ONE_4090, home=home, sections={})
    assert set(registered) <= {"pulumi:pulumi:Stack"}


def test_the_engine_that_the_stack_names_is_the_one_that_is_looked_at() -> None:
    with machine(hardware=NO_GPU) as home, mock.patch("machine.look.address", side_effect=EnoughError) as asked:
        with pytest.raises(EnoughError):
            recorded(hardware=NO_GPU, home=home, sections={}, plain={"docker:host": "unix:///mine.sock"})
        assert asked.call_args.kwargs["host"] == "unix:///mine.sock"


class EnoughError(Exception):
    """Enough seen."""
