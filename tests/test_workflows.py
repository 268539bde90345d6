"""What GitHub runs: pinned, with the least rights, with an end, nothing of a stranger's in a shell, and no command that
is not there. GitHub itself checks none of it before the workflow runs."""

from __future__ import annotations

import argparse
import importlib
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from ops.bootstrap import variables
from ops.cli import VERBS
from ops.command_line import Parser
from tests.ops.test_bootstrap_policies import SCOPE

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".github"
WORKFLOWS = sorted((FOLDER / "workflows").glob("*.yml"))
SCRIPTS = sorted((FOLDER / "scripts").glob("*.sh"))
PINNED = re.compile(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}")
MAX_MINUTES = 180
# What a job may write, and the only jobs that do.
MAY_WRITE = {
    ("comment.yml", "comment"): {"pull-requests"},
    ("drift.yml", "drift"): {"id-token"},
    ("drift.yml", "tell"): {"issues"},
    ("preview.yml", "preview"): {"id-token"},
    ("deploy.yml", "dev"): {"id-token"},
    ("deploy.yml", "prod"): {"id-token"},
    ("deploy-stack.yml", "deploy"): {"id-token"},
}
FLAGS_OF_PULUMI = {
    "up": {"--stack", "--yes", "--non-interactive", "--diff"},
    "preview": {"--stack", "--refresh", "--expect-no-changes", "--diff", "--non-interactive", "--color", "--json"},
}


@dataclass(frozen=True, kw_only=True)
class Job:
    file: str
    name: str
    content: Mapping[str, Any]
    workflow: Mapping[Any, Any]

    def __str__(self) -> str:
        return f"{self.file}:{self.name}"

    @property
    def steps(self) -> list[Mapping[str, Any]]:
        return list(self.content.get("steps", ()))

    @property
    def triggers(self) -> set[str]:
        on = self.workflow[True]  # "on" is a boolean in YAML 1.1
        return set(on) if isinstance(on, dict | list) else {on}

    @property
    def permissions(self) -> Mapping[str, str]:
        given = self.content.get("permissions", self.workflow.get("permissions"))
        assert isinstance(given, dict), f"{self}: permissions are listed one by one"
        return given


def jobs() -> Iterator[Job]:
    for file in WORKFLOWS:
        workflow = yaml.safe_load(file.read_text())
        for name, content in workflow["jobs"].items():
            yield Job(file=file.name, name=name, content=content, workflow=workflow)


JOBS = list(jobs())
every_job = pytest.mark.parametrize("job", JOBS, ids=str)


def shell_texts() -> Iterator[tuple[str, str]]:
    for job in JOBS:
        yield from ((str(job), step["run"]) for step in job.steps if "run" in step)
    for script in SCRIPTS:
        yield script.name, script.read_text()


def commands(text: str) -> Iterator[list[str]]:
    """The words of each line of a script; a line that ends in a backslash goes on."""
    for line in text.replace("\\\n", " ").splitlines():
        yield shlex.split(line, comments=True) if line.count('"') % 2 == 0 and line.count("'") % 2 == 0 else []


def test_there_are_workflows() -> None:
    names = {file.stem for file in WORKFLOWS}
    assert names == {"check", "comment", "deploy", "deploy-stack", "drift", "preview", "review"}
    assert not [file.name for file in (FOLDER / "workflows").iterdir() if file not in WORKFLOWS]


@every_job
def test_actions_are_pinned_by_commit_and_say_their_version(job: Job) -> None:
    used = [step["uses"] for step in job.steps if "uses" in step]
    assert [name for name in used if not PINNED.fullmatch(name)] == []
    text = (FOLDER / "workflows" / job.file).read_text()
    assert [name for name in used if not re.search(rf"{re.escape(name)} # v\d+\.\d+\.\d+$", text, re.MULTILINE)] == []
    called = job.content.get("uses")
    assert called is None or (called.startswith("./.github/workflows/") and (ROOT / called).is_file())


def test_one_version_of_each_action() -> None:
    used = {step["uses"] for job in JOBS for step in job.steps if "uses" in step}
    assert len(used) == len({name.partition("@")[0] for name in used})


@every_job
def test_a_job_has_the_least_rights(job: Job) -> None:
    assert job.workflow["permissions"] in ({}, {"contents": "read"})
    writes = {scope for scope, level in job.permissions.items() if level == "write"}
    assert writes == MAY_WRITE.get((job.file, job.name), set())
    assert set(job.permissions.values()) <= {"read", "write"}


@every_job
def test_a_job_ends(job: Job) -> None:
    if "uses" not in job.content:  # a called workflow has its own
        assert 0 < job.content["timeout-minutes"] <= MAX_MINUTES


@every_job
def test_no_expression_is_pasted_into_code(job: Job) -> None:
    """A branch may be called ``$(curl ...)``: what GitHub puts into a script's text is run."""
    for step in job.steps:
        assert "${{" not in step.get("run", "")
        assert "${{" not in str(step.get("with", {}).get("script", ""))
        assert set(step.get("with", {})) & {"ref", "repository"} == set(), "it checks out what GitHub says, no other"


@every_job
def test_a_checkout_leaves_no_token_behind(job: Job) -> None:
    for step in job.steps:
        if step.get("uses", "").startswith("actions/checkout@"):
            assert step["with"]["persist-credentials"] is False


@every_job
def test_code_of_a_pull_request_gets_no_secret(job: Job) -> None:
    assert "pull_request_target" not in job.triggers
    if "pull_request" in job.triggers:
        assert "secrets" not in str(job.content)


@every_job
def test_who_runs_for_strangers_with_rights_runs_no_code_of_theirs(job: Job) -> None:
    if "workflow_run" in job.triggers or job.permissions.get("issues") == "write":
        assert not [step for step in job.steps if "run" in step or "checkout" in step.get("uses", "")]


@every_job
def test_roles_of_aws_are_for_who_asks_with_an_identity(job: Job) -> None:
    roles = {
        step["with"]["role-to-assume"]
        for step in job.steps
        if step.get("uses", "").startswith("aws-actions/configure-aws-credentials@")
    }
    deploys = job.file == "deploy-stack.yml"
    expected = {"${{ vars.AWS_ROLE_UP }}"} if deploys else {"${{ vars.AWS_ROLE_PREVIEW }}"}
    assert roles in (set(), expected)
    if deploys:
        assert job.content["environment"] == "${{ inputs.stack }}", "the rules of the environment apply"
        assert job.content["concurrency"] == {"group": "stack-${{ inputs.stack }}", "cancel-in-progress": False}
    if roles:
        assert job.permissions["id-token"] == "write"


def test_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    asked = {words[1] for _, text in shell_texts() for words in commands(text) if words[:1] == ["make"]}
    assert {"setup", "check", "policies", "test-fast"} <= asked <= targets


def test_scripts_exist_and_run() -> None:
    asked = {word for _, text in shell_texts() for words in commands(text) for word in words[:1] if word[:2] == ".g"}
    assert asked == {str(script.relative_to(ROOT)) for script in SCRIPTS}
    assert all(script.stat().st_mode & 0o100 for script in SCRIPTS)


def ops_commands() -> Iterator[tuple[str, str, set[str]]]:
    """Where, which verb, which flags."""
    call = re.compile(r"(?:\.venv/bin/python -m |[^/\w.]|^)ops ([a-z]+) ([^\n|;&)]*)", re.MULTILINE)
    for place, text in shell_texts():
        code = "\n".join(line for line in text.replace("\\\n", " ").splitlines() if not line.lstrip().startswith("#"))
        for verb, rest in call.findall(code):
            yield place, verb, set(re.findall(r"--[a-z-]+", rest))
        if "arguments=" in code:
            yield place, "smoke", set(re.findall(r"--[a-z-]+", "\n".join(re.findall(r"arguments\+?=.*", code))))


def test_verbs_and_their_flags_exist() -> None:
    found = list(ops_commands())
    assert {verb for _, verb, _ in found} >= {"review", "doctor", "rollout", "smoke", "tunnel"}
    for place, verb, flags in found:
        assert verb in VERBS, place
        assert flags <= flags_of(verb), f"{place}: ops {verb}"


def flags_of(verb: str) -> set[str]:
    parser = Parser(prog=verb)
    importlib.import_module(f"ops.{verb}").add_arguments(parser)
    return set(_flags(parser))


def _flags(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:
        yield from action.option_strings


def test_pulumi_is_called_with_flags_that_it_has() -> None:
    found = [
        (words[1], {word for word in words if word.startswith("--")})
        for _, text in shell_texts()
        for words in commands(text)
        if words[:1] == ["pulumi"]
    ]
    assert {name for name, _ in found} == {"up", "preview"}
    assert [(name, flags) for name, flags in found if not flags <= FLAGS_OF_PULUMI[name]] == []


def test_the_cli_is_as_new_as_the_sdk() -> None:
    (sdk,) = re.findall(r"^pulumi==(\S+)$", (ROOT / "requirements.txt").read_text(), re.MULTILINE)
    versions = {step["with"]["pulumi-version"] for job in JOBS for step in job.steps if "pulumi/actions" in str(step)}
    assert versions == {sdk}


def test_checks_have_the_packages_of_the_whole_run() -> None:
    (job,) = [job for job in JOBS if job.file == "check.yml"]
    (text,) = [step["run"] for step in job.steps if "apt-get" in step.get("run", "")]
    asked = set(text.replace("\\\n", " ").split("--no-install-recommends")[1].split())
    everywhere = (ROOT / ".ci" / "run").read_text()
    assert [package for package in asked if not re.search(rf"\b{re.escape(package)}\b", everywhere)] == []


def test_stacks_of_the_deployment_have_files() -> None:
    stacks = [job.content["with"]["stack"] for job in JOBS if job.file == "deploy.yml"]
    assert stacks == ["dev", "prod"]
    assert all((ROOT / f"Pulumi.{stack}.yaml").is_file() for stack in stacks)


def test_variables_are_those_that_bootstrap_prints() -> None:
    used = {name for file in WORKFLOWS for name in re.findall(r"\bvars\.([A-Z_]+)", file.read_text())}
    assert used == variables(SCOPE).keys()


def test_the_page_has_every_workflow() -> None:
    page = (ROOT / "docs" / "delivery.md").read_text()
    called = {"deploy-stack"}  # by deploy
    assert [file.stem for file in WORKFLOWS if file.stem not in called and f"| `{file.stem}` |" not in page] == []
