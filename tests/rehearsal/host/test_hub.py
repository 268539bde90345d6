"""The model hub guards a gated model and names what it serves."""

from __future__ import annotations

import json
from pathlib import Path

from rehearsal.host.hub import MAX_POSITION_EMBEDDINGS, Hub, tiny_model_files
from rehearsal.host.web import Answer, Request

MODEL = "/meta-llama/Llama-3.1-8B-Instruct"
PINNED = "0" * 40


def ask(hub: Hub, path: str, *, token: str | None = None) -> Answer:
    headers = {} if token is None else {"authorization": f"Bearer {token}"}
    return hub.respond(Request(method="GET", path=path, query={}, headers=headers))


def test_a_gated_model_needs_the_right_token() -> None:
    hub = Hub(files={"config.json": b"{}"}, token="hf_right")
    for token in (None, "hf_wrong"):
        answer = ask(hub, f"{MODEL}/resolve/main/config.json", token=token)
        assert (answer.status, answer.headers["X-Error-Code"]) == (401, "GatedRepo")
    assert ask(hub, f"{MODEL}/resolve/main/config.json", token="hf_right").body == b"{}"


def test_a_pinned_revision_is_the_commit_and_a_branch_resolves_to_one() -> None:
    hub = Hub(files={"config.json": b"{}"}, token=None)
    pinned = ask(hub, f"/api/models{MODEL}/revision/{PINNED}")
    branch = ask(hub, f"/api/models{MODEL}/revision/main")
    assert json.loads(str(pinned.body))["sha"] == PINNED
    commit = json.loads(str(branch.body))["sha"]
    assert len(commit) == 40
    assert ask(hub, f"{MODEL}/resolve/main/config.json").headers["X-Repo-Commit"] == commit


def test_another_content_is_another_commit() -> None:
    commits = {
        json.loads(str(ask(Hub(files={"a": content}, token=None), f"/api/models{MODEL}").body))["sha"]
        for content in (b"one", b"two")
    }
    assert len(commits) == 2


def test_a_missing_file_is_an_entry_that_is_not_found() -> None:
    answer = ask(Hub(files={}, token=None), f"{MODEL}/resolve/main/params.json")
    assert (answer.status, answer.headers["X-Error-Code"]) == (404, "EntryNotFound")


def test_the_tiny_model_says_the_length_of_the_model_that_it_stands_for(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"max_position_embeddings": 4096, "hidden_size": 64}')
    (tmp_path / "tokenizer.json").write_text("{}")
    files = tiny_model_files(tmp_path)
    config = files["config.json"]
    assert isinstance(config, bytes)
    assert json.loads(config) == {"max_position_embeddings": MAX_POSITION_EMBEDDINGS, "hidden_size": 64}
    assert files["tokenizer.json"] == tmp_path / "tokenizer.json"
