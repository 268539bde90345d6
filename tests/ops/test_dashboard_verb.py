"""``python -m ops dashboard``: one JSON document, for stacks on AWS and on this machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ops.cli import main

STACK = """\
config:
  aws:region: us-east-1
  vllm:model: Qwen/Qwen2.5-0.5B-Instruct
  vllm:serving:
    maxModelLen: {length}
  vllm:monitoring:
    thresholds:
      slow-first-token: 1.25
"""


def dashboard_of(stack_dir: Path, capsys: pytest.CaptureFixture[str], *, text: str) -> dict[str, Any]:
    (stack_dir / "Pulumi.mine.yaml").write_text(text)
    assert main(["dashboard", "--stack", "mine"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.fixture
def stack_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_dashboard_is_of_the_stack(stack_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = dashboard_of(stack_dir, capsys, text=STACK.format(length=4096))
    assert found["title"] == "vLLM mine"
    titles = [panel["title"] for panel in found["panels"]]
    assert "Price of an hour" in titles
    first_token = found["panels"][titles.index("Time to the first token")]
    assert "slow-first-token at 1.25" in first_token["description"]


def test_a_stack_file_that_is_wrong_is_reported(stack_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stack_dir / "Pulumi.mine.yaml").write_text(STACK.format(length=-1))
    assert main(["dashboard", "--stack", "mine"]) == 2
    assert "vllm:serving.maxModelLen" in capsys.readouterr().err
