"""What the README says can be typed, and its numbers and links hold."""

from __future__ import annotations

import importlib
import re
import shlex
from pathlib import Path

import pytest

from config.sources import load_stack_file
from ops.cli import VERBS
from ops.command_line import Parser
from sizing.local import Hardware, LocalGpu
from sizing.prepare import prepare
from tests.docs import readme

ROOT = readme.ROOT
OPS = [line for line in (*readme.commands(), *readme.inline_commands()) if line.startswith("python -m ops ")]


@pytest.mark.parametrize("command", OPS)
def test_every_ops_command_is_one_that_the_tool_takes(command: str) -> None:
    verb, *words = shlex.split(command.partition(" > ")[0])[3:]
    assert verb in VERBS
    parser = Parser(prog=verb, allow_abbrev=False)
    importlib.import_module(f"ops.{verb}").add_arguments(parser)
    if words:  # a verb named in passing has no arguments
        parser.parse_args(words)


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z-]+)", readme.TEXT))
    assert named
    assert named <= targets


def test_every_command_is_of_a_kind_that_some_test_runs() -> None:
    kinds = ("make ", "python -m ops ", "pulumi ", "source .venv/bin/activate", "export OPENAI_BASE_URL=")
    assert [line for line in readme.commands() if not line.startswith(kinds)] == []


def test_links_lead_somewhere() -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", readme.TEXT)
    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_smallest_stack_file_is_a_plan(tmp_path: Path) -> None:
    block = readme.blocks("yaml")[0]
    (tmp_path / "Pulumi.small.yaml").write_text(block)
    _, plan = prepare(load_stack_file(stack="small", root=tmp_path))
    assert plan.instance_type == "g6.2xlarge"
    assert plan.max_model_len == 8192


def four_gpus() -> Hardware:
    gpus = (
        LocalGpu(index=index, name="NVIDIA A100-SXM4-80GB", memory_gib=80.0, compute_capability=8.0)
        for index in range(4)
    )
    return Hardware(gpus=tuple(gpus), memory_gib=512.0, vcpus=64)


def test_every_stack_file_shown_is_a_plan(tmp_path: Path) -> None:
    (tmp_path / "chat-templates").mkdir()
    (tmp_path / "chat-templates" / "plain.jinja").write_text("{{ messages[-1].content }}")
    for number, block in enumerate(readme.blocks("yaml")):
        (tmp_path / f"Pulumi.shown-{number}.yaml").write_text(block)
        loaded = load_stack_file(stack=f"shown-{number}", root=tmp_path)
        prepare(loaded, root=tmp_path, hardware=four_gpus)


def test_the_costs_named_are_the_plans() -> None:
    named = re.findall(r"the (\w+) stack (?:costs )?about \*\*([0-9.]+) USD an hour\*\*", readme.TEXT, re.IGNORECASE)
    assert [stack for stack, _ in named] == ["dev", "prod"]
    for stack, hourly_usd in named:
        _, plan = prepare(load_stack_file(stack=stack, root=ROOT))
        assert float(hourly_usd) == round(plan.cost.hourly_usd, 2)


def test_every_shipped_stack_file_is_named() -> None:
    shipped = {file.name for file in ROOT.glob("Pulumi.*.yaml")}
    assert shipped == set(re.findall(r"^\| `(Pulumi\.\w+\.yaml)` \|", readme.TEXT, re.MULTILINE))


def test_the_first_request_names_the_model_that_dev_serves() -> None:
    _, plan = prepare(load_stack_file(stack="dev", root=ROOT))
    assert f'model="{plan.served_name}"' in readme.client_program()
