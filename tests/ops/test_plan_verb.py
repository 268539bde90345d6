"""``python -m ops plan`` as scripts use it: exit status, one JSON document, no heavy imports."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ops.cli import main

ROOT = Path(__file__).resolve().parents[2]

STACK = """\
config:
  aws:region: us-east-1
  vllm:model: meta-llama/Llama-3.1-8B-Instruct
  vllm:serving:
    maxModelLen: {length}
"""


@pytest.fixture
def stack_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write_stack(stack_dir: Path, *, length: int) -> None:
    (stack_dir / "Pulumi.mine.yaml").write_text(STACK.format(length=length))


def test_json_is_one_document_on_stdout(stack_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_stack(stack_dir, length=4096)
    assert main(["plan", "--stack", "mine", "--json"]) == 0
    out, err = capsys.readouterr()
    plan = json.loads(out)
    assert (plan["stack"], plan["instance_type"]) == ("mine", "g6.2xlarge")
    assert "4096" in plan["vllm_args"]
    assert err == ""


def test_people_get_a_page(stack_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_stack(stack_dir, length=4096)
    assert main(["plan", "--stack", "mine"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("mine: meta-llama/Llama-3.1-8B-Instruct on g6.2xlarge\n")
    assert "4,096 tokens" in out


def test_a_plan_that_cannot_work_ends_with_2(stack_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_stack(stack_dir, length=400_000)
    assert main(["plan", "--stack", "mine", "--json"]) == 2
    (problem,) = json.loads(capsys.readouterr().out)["errors"]
    assert set(problem) == {"path", "given", "allowed", "example", "message"}
    assert (problem["path"], problem["given"]) == ("vllm:serving.maxModelLen", "400000")


def test_without_a_stack_file_it_ends_with_2(stack_dir: Path) -> None:
    assert main(["plan", "--stack", "absent"]) == 2


def test_it_imports_neither_pulumi_nor_an_aws_client_nor_the_rehearsal() -> None:
    """What the promised half second rests on."""
    program = (
        "import sys; from ops.cli import main; status = main(['plan', '--stack', 'dev', '--json']); "
        "heavy = {'pulumi', 'pulumi_aws', 'boto3', 'botocore', 'moto', 'rich', 'rehearsal', 'components'}; "
        "sys.exit(status or ', '.join(sorted(heavy & set(sys.modules))) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": "."}
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["stack"] == "dev"


RTX = "0, NVIDIA GeForce RTX 4090, 24564, 8.9"


@pytest.mark.parametrize(
    ("says", "gpu", "gpus"), [(RTX, "RTX 4090", "all"), (None, "CPU", None)], ids=["with a GPU", "without"]
)
def test_a_stack_on_this_machine_is_planned_for_what_is_here(
    stack_dir: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    says: str | None,
    gpu: str,
    gpus: str | None,
) -> None:
    (stack_dir / "Pulumi.here.yaml").write_text(
        "config:\n  vllm:target: local\n  vllm:model: Qwen/Qwen2.5-0.5B-Instruct\n"
    )
    if says:
        (stack_dir / "nvidia-smi").write_text(f"#!/bin/sh\necho '{says}'\n")
        (stack_dir / "nvidia-smi").chmod(0o755)
    monkeypatch.setenv("PATH", str(stack_dir))
    assert main(["plan", "--stack", "here", "--json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert (plan["instance_type"], plan["gpu"], plan["local"]["gpus"]) == ("local", gpu, gpus)
    assert plan["cost"] == {"hourly_usd": 0.0, "monthly_usd": 0.0, "items": []}
