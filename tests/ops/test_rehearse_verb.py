"""``ops rehearse`` on a machine without any tool: the graph of each stack, and one document."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.cli import main

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _bare_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the repository, with no Pulumi CLI on PATH or in a cache, and no plugin."""
    for name in ("HOME", "PATH", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    monkeypatch.chdir(ROOT)


def test_of_several_stacks_the_document_has_each(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rehearse", "--stack", "dev", "--stack", "prod", "--json"]) == 0
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert set(document) == {"passed", "stacks"}
    assert document["passed"] is True
    assert [(report["stack"], report["depth"]) for report in document["stacks"]] == [
        ("dev", "graph"),
        ("prod", "graph"),
    ]
    assert "placeholder: vllm:endpoint.domain is llm.rehearsal.test in this rehearsal" in printed.err
    assert "dev, prod, side by side in one account: rehearsed" in printed.err


def test_of_one_stack_it_is_the_report_itself(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rehearse", "--stack", "dev", "--stack", "dev", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["stack"] == "dev"
    assert [check["name"] for check in document["checks"]] == ["graph"]


def test_every_stack_that_is_not_there_is_in_one_report(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rehearse", "--stack", "nope", "--stack", "dev", "--stack", "none", "--json"]) == 2
    errors = json.loads(capsys.readouterr().out)["errors"]
    assert [(error["path"], error["given"]) for error in errors] == [("--stack", "nope"), ("--stack", "none")]


def test_a_stack_for_this_machine_is_a_graph_and_what_is_in_its_way(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rehearse", "--stack", "local", "--stack", "dev", "--json"]) == 0
    printed = capsys.readouterr()
    local, dev = json.loads(printed.out)["stacks"]
    assert (local["stack"], local["depth"], local["passed"]) == ("local", "graph", True)
    assert local["deeper"][0]["how"] == "pulumi up --stack local && python -m ops smoke --stack local"
    assert "pulumi up --stack local" not in json.dumps(dev["deeper"])
    assert "error: Docker: there is no Docker on this machine" in printed.err
