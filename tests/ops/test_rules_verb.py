"""``python -m ops rules``: a rule file, of stacks on AWS and on this machine."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

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


@pytest.fixture
def stack_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_rules_are_of_the_stack(stack_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stack_dir / "Pulumi.mine.yaml").write_text(STACK.format(length=4096))
    assert main(["rules", "--stack", "mine", "--runbook-url", "https://wiki.example.com/vllm"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    found = {rule["alert"]: rule for group in yaml.safe_load(out)["groups"] for rule in group["rules"]}
    assert found["slow-first-token"]["expr"].endswith("> 1.25")
    assert 'job="vllm-mine"' in found["slow-first-token"]["expr"]
    assert found["slow-first-token"]["annotations"]["runbook_url"] == "https://wiki.example.com/vllm#slow-first-token"
    assert "service-down" in found


def test_another_job(stack_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stack_dir / "Pulumi.mine.yaml").write_text(STACK.format(length=4096))
    assert main(["rules", "--stack", "mine", "--job", "gpu-fleet"]) == 0
    out = capsys.readouterr().out
    assert 'job="gpu-fleet"' in out
    assert "vllm-mine" not in yaml.safe_load(out)["groups"][0]["rules"][0]["expr"]


def test_on_one_machine_nothing_is_asked_that_only_a_host_on_aws_measures(
    stack_dir: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (stack_dir / "Pulumi.mine.yaml").write_text(STACK.format(length=4096) + "  vllm:target: local\n")
    assert main(["rules", "--stack", "mine"]) == 0
    out = capsys.readouterr().out
    assert "requests-waiting" in out
    assert "vllm_host_" not in out


def test_a_stack_file_that_is_wrong_is_reported(stack_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (stack_dir / "Pulumi.mine.yaml").write_text(STACK.format(length=-1))
    assert main(["rules", "--stack", "mine"]) == 2
    assert "maxModelLen" in capsys.readouterr().err


def test_no_stack_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rules"]) == 2
    assert "--stack" in capsys.readouterr().err
