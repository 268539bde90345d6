"""Every verb, every failure that people meet first: a status, a sentence that says what to do, never a traceback."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from ops.cli import VERBS
from rehearsal.aws.server import EmulatedAws
from tests.ops.deployed_stack import ROOT, Folder, make_folder, write_program
from tests.ops.failures.table import ROWS, Answer, Row, Way
from tests.ops.refusing_aws import refusing
from tests.ops.review_project import project
from tests.ops.sources import COMMIT, DIGEST, Sources, serving

TOKEN = "hf_" + "aB3" * 11
NOWHERE = "http://127.0.0.1:9"
MODEL = "Qwen/Qwen2.5-7B-Instruct"
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf"
OUTPUTS = {
    "api_keys_secret_arn": ARN,
    "hf_token_secret_arn": ARN,
    "autoscaling_group": "vllm-1234567",
    "target_group_arn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/x/1",
    "log_group": "hosts",
    "alarm_topic_arn": "arn:aws:sns:us-east-1:123456789012:vllm-alarms-1234567",
    "zones": ["us-east-1a", "us-east-1b"],
    "endpoint": "http://internal-x.elb.amazonaws.com/v1",
    "load_balancer_dns": "internal-x.elb.amazonaws.com",
}
RIGHT = """\
config:
  aws:region: us-east-1
  vllm:model: {model}
  vllm:image: {{repository: "{registry}/vllm/openai"}}
"""
WRONG_FILE = "config: [\n"
FINDS = ("doctor", "pin", "review")  # what they found is on stdout
CELLS = [(row, way, answer) for row in ROWS for way, answer in row.all_answers.items()]
PLAINLY = (Way.EXPIRED, Way.NAMED)  # the same report as with --json; seen here for each row
WRONG = [(words, says) for row in ROWS for words, says in row.wrong.items()]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """The project's folder; one under git; an AWS that refuses. ``pulumi`` is a stand-in and there is no Docker."""

    right: str
    folder: Folder
    git: Folder
    bare: Folder
    expired: str

    def run(self, row: Row, way: Way, *more: str) -> subprocess.CompletedProcess[str]:
        self._deploy(way)
        stack = {Way.NAMED: "nosuch", Way.FILE: "dev" if row.where == "git" else "wrong"}.get(way, "dev")
        words = [stack if word == "STACK" else word for word in row.command.split()]
        if way in (Way.NAMED, Way.FILE) and "STACK" not in row.command:
            words += ["--stack", stack]
        where = {"git": self.git, "bare": self.bare}.get(row.where, self.folder)
        return where.ops(*words, *more, stdin=TOKEN, **self._variables(way))

    def _deploy(self, way: Way) -> None:
        self.folder.stack_file("dev").write_text(self.right)  # ops pin writes into it
        self.folder.deploy("dev", {} if way is Way.EMPTY else OUTPUTS)
        if way is Way.UNKNOWN:
            self.folder.destroy("dev")

    def _variables(self, way: Way) -> dict[str, str]:
        nobody = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}
        return {
            Way.NETWORK: {"AWS_ENDPOINT_URL": NOWHERE, "HF_ENDPOINT": NOWHERE},
            Way.EXPIRED: {"AWS_ENDPOINT_URL": self.expired},
            Way.CREDENTIALS: nobody,
            Way.PROFILE: {**nobody, "AWS_PROFILE": "nosuch"},
        }.get(way, {})


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    path, under_git = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("git")
    sources = Sources(revisions={(MODEL, "main"): COMMIT}, images={("vllm/openai", "v0.32.0"): DIGEST})
    with EmulatedAws() as aws, serving(sources), refusing() as expired:
        environment = {**aws.environment(), "HF_ENDPOINT": f"http://{sources.address}"}
        folder = make_folder(path, outputs=OUTPUTS, environment=environment)
        folder.stack_file("wrong").write_text(WRONG_FILE)
        for name in ("Pulumi.yaml", "__main__.py"):
            (path / name).symlink_to(ROOT / name)
        project(under_git)
        bare = {**folder.environment, "PATH": "/nonexistent", "DOCKER_HOST": "unix:///nonexistent"}
        yield Stage(
            right=RIGHT.format(model=MODEL, registry=sources.address),
            folder=folder,
            git=replace(folder, path=under_git),
            bare=replace(folder, environment=bare),
            expired=expired,
        )


def said(done: subprocess.CompletedProcess[str]) -> str:
    text = done.stdout + done.stderr
    assert "Traceback" not in text, text
    return text


def assert_is(done: subprocess.CompletedProcess[str], answer: Answer) -> None:
    text = said(done)
    assert done.returncode == answer.status, text
    assert answer.says in text, text


def assert_one_document(done: subprocess.CompletedProcess[str]) -> Any:
    document = json.loads(done.stdout)
    for problem in document.get("errors", []) if isinstance(document, dict) else []:
        assert problem["message"]
        assert problem["path"]
    return document


@pytest.mark.parametrize(("row", "way", "answer"), CELLS, ids=[f"{row.command}: {way}" for row, way, _ in CELLS])
def test_what_is_in_the_way_is_said(stage: Stage, row: Row, way: Way, answer: Answer) -> None:
    if way in PLAINLY or not row.json:
        done = stage.run(row, way)
        assert_is(done, answer)
        if answer.status != 0 and row.verb not in FINDS:
            assert done.stdout == ""
            assert len(done.stderr.splitlines()) <= 5
    if row.json:
        done = stage.run(row, way, "--json")
        assert_is(done, answer)
        assert_one_document(done)


@pytest.mark.parametrize(("words", "says"), WRONG, ids=[words for words, _ in WRONG])
def test_wrong_arguments_are_said(stage: Stage, words: str, says: str, tmp_path: Path) -> None:
    folder = replace(stage.folder, path=tmp_path) if words == "review" else stage.folder
    done = folder.ops(*words.split())
    assert_is(done, Answer(status=2, says=says))
    assert done.stdout == ""
    done = folder.ops(*words.split(), "--json")
    assert_is(done, Answer(status=2))
    assert assert_one_document(done)["errors"]


@pytest.mark.parametrize("verb", VERBS)
def test_a_new_verb_has_a_row_and_an_unknown_flag_is_said(stage: Stage, verb: str) -> None:
    rows = [row for row in ROWS if row.verb == verb]
    assert rows, f"{verb} has no row in tests/ops/failures/table.py"
    assert any(row.wrong for row in rows)
    done = stage.folder.ops(*rows[0].command.split(), "--no-such-flag", "--json")
    assert_is(done, Answer(status=2, says="no-such-flag"))
    assert_one_document(done)


def test_what_is_no_failure_says_why_and_what_is_one_says_what() -> None:
    assert [
        (row.command, way) for row, way, answer in CELLS if not (answer.says if answer.status else answer.why)
    ] == []


@pytest.mark.parametrize("verb", ["graph", "rehearse"])
def test_a_folder_that_is_not_the_projects_is_said(stage: Stage, verb: str, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.dev.yaml").write_text(stage.folder.stack_file("dev").read_text())
    done = replace(stage.bare, path=tmp_path).ops(verb, "--stack", "dev")
    assert_is(done, Answer(status=2, says="there is no Pulumi.yaml here"))


@pytest.mark.parametrize(
    ("command", "variables", "says"),
    [
        ("status", {"AWS_ENDPOINT_URL": "nonsense"}, "unset AWS_ENDPOINT_URL"),
        ("status", {"AWS_CONFIG_FILE": "Pulumi.dev.yaml"}, "Unable to parse config file"),
        ("status", {"PATH": "/nonexistent", "XDG_CACHE_HOME": "/nonexistent"}, "the Pulumi CLI is needed"),
        ("pin --update", {"HF_ENDPOINT": "http://[::1"}, "this is not the address of a model hub"),
        ("smoke --key-file nosuch", {}, "nosuch cannot be read"),
        ("smoke --api-key-env NOPE", {}, "the environment variable NOPE holds no API key"),
        ("prices update --table nosuch.json", {}, "this is not the table of instance prices"),
    ],
)
def test_an_odd_machine_is_said(stage: Stage, command: str, variables: dict[str, str], says: str) -> None:
    words = command.split() if command.startswith("prices") else [*command.split(), "--stack", "dev"]
    assert_is(stage.folder.ops(*words, **variables), Answer(status=1, says=says))


@pytest.mark.parametrize(
    ("script", "says"),
    [
        ("echo 'error: PULUMI_ACCESS_TOKEN must be set for login' >&2; exit 255", "pulumi login"),
        ("echo 'error: incorrect passphrase' >&2; exit 255", "export PULUMI_CONFIG_PASSPHRASE"),
        ("echo Usage: something else", "is the first pulumi on PATH the Pulumi CLI?"),
    ],
)
def test_what_pulumi_says_is_told(stage: Stage, script: str, says: str, tmp_path: Path) -> None:
    write_program(tmp_path, "pulumi", script)
    path = f"{tmp_path}:{stage.folder.environment['PATH']}"
    assert_is(stage.folder.ops("status", "--stack", "dev", PATH=path), Answer(status=1, says=says))
