"""What the workflows write on GitHub: their scripts, run by node with a stand-in for GitHub's client."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.support import need

WORKFLOWS = Path(__file__).resolve().parent.parent / ".github" / "workflows"
HARNESS = """
const given = JSON.parse(process.argv[1]);
const calls = [];
const call = (name) => Object.assign(async (args) => { calls.push([name, args]); }, {asks: name});
const github = {
  paginate: async (ask, args) => { calls.push([ask.asks, args]); return given.answers[ask.asks]; },
  rest: {
    pulls: {list: call('pulls')},
    issues: {
      listComments: call('comments'), createComment: call('createComment'), updateComment: call('updateComment'),
      listForRepo: call('issues'), create: call('create'), update: call('update'),
    },
  },
};
const repo = {owner: 'acme', repo: 'llm'};
const context = {repo, serverUrl: 'https://github.test', runId: 7, payload: given.payload};
const core = {info: (text) => calls.push(['info', text])};
const script = new (Object.getPrototypeOf(async function () {}).constructor)(
  'github', 'context', 'core', 'require', given.script);
script(github, context, core, require).then(() => console.log(JSON.stringify(calls)));
"""
RUN = {
    "head_repository": {"owner": {"login": "someone"}},
    "head_branch": "patch",
    "head_sha": "0123456789abcdef",
    "html_url": "https://github.test/run",
}
PULL = {"number": 5, "head": {"sha": RUN["head_sha"]}}
BOT = {"login": "github-actions[bot]"}
MARK = "<!-- ops review -->"
Calls = list[tuple[str, Any]]


def script_of(file: str, job: str) -> str:
    steps = yaml.safe_load((WORKFLOWS / file).read_text())["jobs"][job]["steps"]
    (text,) = [step["with"]["script"] for step in steps if "github-script" in step["uses"]]
    return str(text)


def run(file: str, job: str, *, folder: Path, answers: dict[str, Any]) -> Calls:
    node = shutil.which("node")
    need(node is not None, "node is not installed (apt-get install nodejs)")
    assert node is not None
    given = {"script": script_of(file, job), "answers": answers, "payload": {"workflow_run": RUN}}
    done = subprocess.run(
        [node, "-e", HARNESS, json.dumps(given)], cwd=folder, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return [(name, arguments) for name, arguments in json.loads(done.stdout)]


def written(calls: Calls) -> Calls:
    return [call for call in calls if call[0] in ("createComment", "updateComment", "create", "update")]


def comment(folder: Path, *, review: str | None, comments: list[Any], pulls: list[Any]) -> Calls:
    if review is not None:
        (folder / "review-of-this").mkdir()
        (folder / "review-of-this" / "review.md").write_text(review)
    return run("comment.yml", "comment", folder=folder, answers={"pulls": pulls, "comments": comments})


def test_the_first_review_is_a_new_comment(tmp_path: Path) -> None:
    calls = comment(tmp_path, review="# dev\nnothing", comments=[], pulls=[PULL])
    assert calls[0][1]["head"] == "someone:patch", "found by the branch, also of a fork"
    ((name, what),) = written(calls)
    assert (name, what["issue_number"]) == ("createComment", 5)
    assert what["body"].startswith(f"{MARK}\n# dev\nnothing")
    assert "https://github.test/run#artifacts" in what["body"]


def test_the_next_one_takes_its_place_and_nobody_elses(tmp_path: Path) -> None:
    comments = [
        {"id": 1, "user": {"login": "mallory"}, "body": f"{MARK} not it"},
        {"id": 2, "user": BOT, "body": "of another workflow"},
        {"id": 3, "user": BOT, "body": f"{MARK}\nold"},
    ]
    ((name, what),) = written(comment(tmp_path, review="new", comments=comments, pulls=[PULL]))
    assert (name, what["comment_id"]) == ("updateComment", 3)


def test_a_text_of_strangers_mentions_nobody_and_fits(tmp_path: Path) -> None:
    ((_, what),) = written(comment(tmp_path, review=f"@team {MARK}" + "x" * 90_000, comments=[], pulls=[PULL]))
    assert "@team" not in what["body"]
    assert what["body"].count(MARK) == 1
    assert len(what["body"]) < 65_536


@pytest.mark.parametrize("review", [None, "text"])
def test_nothing_is_written_without_a_review_or_for_a_commit_that_is_gone(tmp_path: Path, review: str | None) -> None:
    other = {"number": 6, "head": {"sha": "another"}}
    pulls = [PULL] if review is None else [other]
    assert written(comment(tmp_path, review=review, comments=[], pulls=pulls)) == []


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    (tmp_path / "review-of-this").mkdir()
    (tmp_path / "review-of-this" / "review.md").symlink_to(tmp_path / "secret")
    with pytest.raises(AssertionError, match="is no file"):
        comment(tmp_path, review=None, comments=[], pulls=[PULL])


def tell(folder: Path, *, results: dict[str, str], issues: list[Any]) -> Calls:
    for stack, result in results.items():
        (folder / "found" / stack).mkdir(parents=True)
        (folder / "found" / stack / "result").write_text(f"{result}\n")
        (folder / "found" / stack / "output").write_text("~ aws:ec2:SecurityGroup\n```\n")
    return written(run("drift.yml", "tell", folder=folder, answers={"issues": issues}))


def test_drift_is_one_issue_per_stack(tmp_path: Path) -> None:
    issues = [{"number": 9, "title": "Drift of stack prod"}]
    calls = tell(tmp_path, results={"dev": "drifted", "prod": "failed"}, issues=issues)
    assert [(name, what.get("title"), what.get("issue_number")) for name, what in calls] == [
        ("create", "Drift of stack dev", None),
        ("update", None, 9),
    ]
    assert calls[0][1]["labels"] == ["drift"]
    assert calls[0][1]["body"].startswith("AWS is not as the program says.")
    assert calls[0][1]["body"].count("```") == 2, "the output ends no block"
    assert calls[1][1]["body"].startswith("It could not be found out")


def test_an_issue_is_closed_when_all_is_as_it_was(tmp_path: Path) -> None:
    issues = [{"number": 9, "title": "Drift of stack prod"}]
    calls = tell(tmp_path, results={"dev": "none", "prod": "none"}, issues=issues)
    assert [(name, what["issue_number"]) for name, what in calls] == [("createComment", 9), ("update", 9)]
    assert calls[1][1]["state"] == "closed"


def test_a_night_that_ended_early_tells_nothing(tmp_path: Path) -> None:
    assert tell(tmp_path, results={}, issues=[]) == []
