"""``ops graph``: the contract of its JSON, its tree, and what it says about a wrong stack."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from config.placeholders import PLACEHOLDERS
from ops.cli import main

ROOT = Path(__file__).resolve().parents[2]
KEYS = {"urn", "type", "name", "parent", "custom", "inputs", "dependencies", "protect"}


def stack_with(folder: Path, text: str) -> Path:
    """A folder with this program and a dev stack of the given config."""
    for name in ("Pulumi.yaml", "__main__.py"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    (folder / "Pulumi.dev.yaml").write_text(text, encoding="utf-8")
    return folder


def test_json_is_one_list_with_the_promised_keys(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["graph", "--stack", "dev", "--json"]) == 0
    resources = json.loads(capsys.readouterr().out)
    assert all(set(resource) >= KEYS for resource in resources)
    group = next(resource for resource in resources if resource["type"] == "aws:autoscaling/group:Group")
    assert group["inputs"]["minSize"] == 1
    assert group["parent"] in {resource["urn"] for resource in resources if not resource["custom"]}
    assert group["dependencies"]


def test_text_is_a_tree(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["graph", "--stack", "dev"]) == 0
    text = capsys.readouterr().out
    assert "├─ aws:autoscaling:Group" in text
    assert 'instance_type         : "g6.2xlarge"' in text


def test_every_mistake_is_in_one_report_and_nothing_else_on_stdout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "config: {aws:region: us-east-1, vllm:model: nobody/unheard-of, vllm:scaling: {min: 3, max: 2}}"
    monkeypatch.chdir(stack_with(tmp_path, text))
    assert main(["graph", "--stack", "dev", "--json"]) == 2
    errors = json.loads(capsys.readouterr().out)["errors"]
    assert {error["path"] for error in errors} == {"vllm:model.id", "vllm:scaling.min"}


def test_an_unknown_stack_is_exit_status_2(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["graph", "--stack", "nope"]) == 2
    assert "Pulumi.nope.yaml" in capsys.readouterr().err


def test_encrypted_values_count_as_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = """
config:
  aws:region: us-east-1
  vllm:model: meta-llama/Llama-3.1-8B-Instruct
  vllm:serving: {maxModelLen: 8192}
  vllm:monitoring: {notify: [{secure: v1:AAAAAAAAAAAA:BBBBBBBBBBBBBBBB}]}
"""
    monkeypatch.chdir(stack_with(tmp_path, text))
    assert main(["graph", "--stack", "dev", "--json"]) == 0
    output = capsys.readouterr().out
    assert "aws:sns/topicSubscription:TopicSubscription" in output
    assert "BBBBBBBB" not in output


def test_placeholders_are_replaced_and_said_on_stderr(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["graph", "--stack", "prod", "--json"]) == 0
    printed = capsys.readouterr()
    json.loads(printed.out)
    for placeholder in PLACEHOLDERS:
        assert placeholder.text not in printed.out
        assert f"placeholder: {placeholder.key} is {placeholder.stand_in} here" in printed.err


def test_a_stack_without_placeholders_says_nothing_of_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(["graph", "--stack", "dev"]) == 0
    assert "placeholder" not in capsys.readouterr().err
