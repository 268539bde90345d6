"""``ops graph --policies``: exit statuses, JSON, and previews."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ops.cli import main
from tests.ops.test_graph import ROOT, stack_with

POOL_TAGS = {"vllm:cache-pool": "dev"}
SLOT = "urn:pulumi:dev::vllm::vllm:components:CachePool$aws:ebs/volume:Volume::vllm-cache-0-0"


def preview_of_a_replaced_slot(folder: Path) -> Path:
    old = {"urn": SLOT, "type": "aws:ebs/volume:Volume", "inputs": {"tags": POOL_TAGS}}
    file = folder / "preview.json"
    file.write_text(json.dumps({"steps": [{"op": "replace", "urn": SLOT, "oldState": old}]}), encoding="utf-8")
    return file


@pytest.mark.parametrize("stack", ["dev", "prod"])
def test_the_committed_stacks_pass(
    stack: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["graph", "--stack", stack, "--policies"]) == 0
    assert f"{stack}: passes" in capsys.readouterr().out


def test_one_that_is_broken_is_status_1_and_json_has_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (ROOT / "Pulumi.dev.yaml").read_text(encoding="utf-8") + "  vllm:budget: {monthlyUsd: 100}\n"
    monkeypatch.chdir(stack_with(tmp_path, text))
    assert main(["graph", "--stack", "dev", "--policies", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    (found,) = document["violations"]
    assert not document["passes"]
    assert found["rule"] in document["rules"]
    assert (found["rule"], found["level"], found["waived"]) == ("cost-within-budget", "mandatory", None)
    assert "scaling.max" in found["remedy"]


def test_a_preview_adds_what_the_update_would_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = preview_of_a_replaced_slot(tmp_path)
    monkeypatch.chdir(ROOT)
    assert main(["graph", "--stack", "dev", "--policies", "--preview", str(file)]) == 1
    assert "mandatory: cache-is-kept: aws:ebs/volume:Volume vllm-cache-0-0" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("argv", "says"),
    [
        (["--preview", "x.json"], "it goes with --policies"),
        (["--policies", "--preview", "no-such-file.json"], "cannot be read as JSON"),
        (["--policies", "--preview", "Pulumi.yaml"], "cannot be read as JSON"),
        (["--policies", "--preview", "config/schema.json"], "it has no list of steps"),
    ],
)
def test_a_preview_that_is_none_is_status_2(
    argv: list[str], says: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["graph", "--stack", "dev", *argv]) == 2
    printed = capsys.readouterr()
    assert says in printed.err
    assert "pulumi preview --stack dev --json > preview.json" in printed.err


def test_the_preview_of_another_stack_is_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    file = preview_of_a_replaced_slot(tmp_path)
    monkeypatch.chdir(ROOT)
    assert main(["graph", "--stack", "prod", "--policies", "--preview", str(file)]) == 2
    assert "it is of stack dev" in capsys.readouterr().err


def test_waivers_that_say_too_little_are_status_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "waivers.yaml"
    file.write_text("waivers: [{rule: logs-end}]", encoding="utf-8")
    monkeypatch.setattr("policies.waivers.read_waivers.__defaults__", (file,))
    monkeypatch.chdir(ROOT)
    assert main(["graph", "--stack", "dev", "--policies"]) == 2
    assert "entry 1: give exactly" in capsys.readouterr().err
