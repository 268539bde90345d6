"""``ops review`` on repositories: which revisions, which stacks, what is missing, and how it ends."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ops.cli import main
from tests.ops.review_project import Project, answers, project

CHANGED = answers(length=16384, usd=900.0)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    """The current folder, with credentials around that no revision may see."""
    made = project(tmp_path)
    monkeypatch.chdir(made.root)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "not-for-you")
    monkeypatch.setenv("GITHUB_TOKEN", "not-for-you")
    return made


def reviewed(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 0) -> Any:
    """The JSON document."""
    assert main(["review", "--json", *arguments]) == status
    return json.loads(capsys.readouterr().out)


def error(capsys: pytest.CaptureFixture[str], *arguments: str, status: int = 2) -> dict[str, str]:
    (found,) = reviewed(capsys, *arguments, status=status)["errors"]
    return dict(found)


def test_the_working_tree_against_main(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    here.git("switch", "--quiet", "--create", "topic")
    here.write(dev=CHANGED)
    document = reviewed(capsys)
    assert document["base"] == f"main ({here.git('rev-parse', 'HEAD')[:8]})"
    assert document["head"] == "the working tree"
    (stack,) = document["stacks"]
    assert stack["stack"] == "dev"
    assert stack["monthly_usd"] == [800.0, 900.0]
    assert {change["what"]: change["after"] for change in stack["plan"]}["--max-model-len"] == "16384"
    (change,) = stack["changes"]
    assert [(item["path"], item["after"]) for item in change["properties"]] == [("userData", "length 16384")]
    (file,) = stack["files"]
    assert file["path"] == "/etc/vllm/args"
    assert {"-8192", "+16384"} <= set(file["diff"])


def test_where_main_was_left_counts_and_not_where_it_is(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    here.git("switch", "--quiet", "--create", "topic")
    here.git("switch", "--quiet", "main")
    here.write(dev=answers(length=1024))
    here.commit("main goes on")
    here.git("switch", "--quiet", "topic")
    assert reviewed(capsys)["stacks"][0]["changes"] == []


def test_two_revisions_and_the_repository_stays_as_it_is(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    here.write(dev=CHANGED)
    commit = here.commit()
    here.write(dev=answers(length=1))
    before = here.git("status", "--porcelain"), here.git("worktree", "list")
    document = reviewed(capsys, "HEAD~1", commit)
    assert document["head"] == commit[:12]
    assert document["stacks"][0]["changes"][0]["properties"][0]["after"] == "length 16384"
    assert (here.git("status", "--porcelain"), here.git("worktree", "list")) == before


def test_a_project_in_a_folder_of_its_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = project(tmp_path, inside="deploy/llm")
    monkeypatch.chdir(made.root)
    made.write(dev=CHANGED)
    made.commit()
    assert len(reviewed(capsys, "HEAD~1", "HEAD")["stacks"][0]["changes"]) == 1


def test_stacks_that_come_and_go(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    here.write(prod=answers())
    dev, prod = reviewed(capsys)["stacks"]
    assert (dev["stack"], dev["monthly_usd"], dev["changes"][0]["op"]) == ("dev", [800.0, None], "delete")
    assert (prod["stack"], prod["monthly_usd"], prod["changes"][0]["op"]) == ("prod", [None, 800.0], "create")


def test_only_the_stacks_that_were_asked_for(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    here.write(dev=answers(), prod=answers(), test=answers())
    found = reviewed(capsys, "--stack", "test", "--stack", "dev", "--stack", "test")["stacks"]
    assert [stack["stack"] for stack in found] == ["test", "dev"]
    said = error(capsys, "--stack", "nowhere")
    assert said["given"] == "nowhere"
    assert said["allowed"] == "dev, prod, test"


@pytest.mark.parametrize(("broken", "risk"), [("head", "high"), ("base", "medium")])
def test_a_stack_file_that_is_broken(here: Project, capsys: pytest.CaptureFixture[str], broken: str, risk: str) -> None:
    wrong = {"graph": {"errors": [{"path": "vllm:model", "given": "nothing", "message": "it is required"}]}}
    here.write(dev=wrong if broken == "base" else answers(), prod=answers())
    here.commit()
    here.write(dev=wrong if broken == "head" else answers(), prod=CHANGED)
    dev, prod = reviewed(capsys, "HEAD")["stacks"]
    assert dev["risk"] == risk
    assert dev["problems"][0].endswith(": vllm:model: it is required (given: nothing)")
    assert dev["problems"][0].startswith("In the working tree" if broken == "head" else "In HEAD (")
    assert prod["problems"] == []
    assert len(prod["changes"]) == 1


@pytest.mark.parametrize(
    ("lacking", "note"),
    [
        ("plan", "cost and flags are not compared"),
        ("policies", "shows as new or gone"),
        ("render", "the files of the hosts"),
    ],
)
def test_a_revision_that_lacks_a_tool(
    here: Project, capsys: pytest.CaptureFixture[str], lacking: str, note: str
) -> None:
    here.write(dev={**answers(), lacking: None})
    (stack,) = reviewed(capsys)["stacks"]
    assert note in stack["notes"][0]
    assert stack["notes"][0].startswith("In the working tree: ")
    assert stack["changes"] == []


def test_a_revision_without_the_tools(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    (here.root / "ops" / "__main__.py").unlink()
    (stack,) = reviewed(capsys)["stacks"]
    assert "`ops graph` failed" in stack["problems"][0]


def test_new_and_resolved_findings(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    found = {"rule": "r", "level": "mandatory", "urn": "u", "message": "m"}
    here.write(dev=answers(violations=(found,)))
    commit = here.commit()
    assert reviewed(capsys, "HEAD~1")["stacks"][0]["new_violations"] == [found]
    assert reviewed(capsys, commit, "HEAD~1")["stacks"][0]["gone_violations"] == [found]


def test_markdown_goes_to_stdout_and_to_files(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    here.write(dev=CHANGED)
    assert main(["review", "--html", "r.html", "--markdown", "r.md"]) == 0
    shown = capsys.readouterr()
    assert shown.out == Path("r.md").read_text()
    assert "| `dev` |" in shown.out
    assert Path("r.html").read_text().startswith("<!DOCTYPE html>")


def test_a_file_that_cannot_be_written(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    said = error(capsys, "--html", "nowhere/r.html", status=1)
    assert said["path"] == "--html"
    assert "No such file or directory" in said["message"]


def test_a_risk_that_fails(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    here.write(dev={"graph": {"errors": [{"path": "x", "message": "y"}]}})
    assert reviewed(capsys, "--fail-on", "high", status=1)["risk"] == "high"
    here.write(dev=answers())
    assert reviewed(capsys, "--fail-on", "low")["risk"] == "none"
    assert error(capsys, "--fail-on", "none")["path"] == "python -m ops review"


def test_no_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert "git knows no repository here" in error(capsys)["message"]


def test_no_git(here: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "apt-get install git" in error(capsys, status=1)["message"]


@pytest.mark.parametrize("revision", ["nowhere", "HEAD:ops", "HEAD~7", "", "main..HEAD"])
def test_an_unknown_revision(here: Project, capsys: pytest.CaptureFixture[str], revision: str) -> None:
    said = error(capsys, "main", revision) if revision else error(capsys, "nothing at all", "main")
    assert said["given"] == (revision or "nothing at all")
    assert said["message"] == "git knows no such revision"


def test_a_clone_with_part_of_the_history(
    here: Project,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    here.write(dev=CHANGED)
    here.commit()
    clone = tmp_path_factory.mktemp("clone") / "shallow"
    subprocess.run(["git", "clone", "--quiet", "--depth", "1", f"file://{here.root}", clone], check=True)
    monkeypatch.chdir(clone)
    assert "git fetch --unshallow" in error(capsys, "HEAD~1")["message"]


def test_no_main_branch(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    here.git("branch", "--move", "trunk")
    said = error(capsys)
    assert said["message"].startswith("there is no main branch")
    assert said["example"] == "python -m ops review HEAD~1"


def test_a_project_without_stack_files(here: Project, capsys: pytest.CaptureFixture[str]) -> None:
    here.write()
    here.commit()
    assert reviewed(capsys, "HEAD")["stacks"] == []
