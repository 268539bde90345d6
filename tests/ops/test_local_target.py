"""Verbs on a stack for this machine: keys, token and smoke work by files; what is about AWS says what to do instead."""

from __future__ import annotations

import fcntl
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from machine.secret_files import SecretFiles
from ops.api_keys import ApiKey, Keys
from ops.key_files import FileKeyStore
from tests.ops.deployed_stack import ROOT, Folder, make_folder
from tests.ops.vllm_stand_in import KEY, serving, vllm_behind_the_balancer

TOKEN = "hf_" + "aB3" * 11
STACK_FILE = "config:\n  vllm:target: local\n  vllm:model: Qwen/Qwen2.5-1.5B-Instruct\n"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """With the stack local, which has never been up."""
    made = make_folder(tmp_path, outputs=None, environment={})
    made.stack_file("local").write_text(STACK_FILE)
    return made


def secrets(folder: Folder) -> Path:
    return folder.path / ".local" / "share" / "vllm-pulumi" / "local"


def test_a_key_is_added_before_the_first_up(folder: Folder) -> None:
    added = folder.ops("keys", "add", "me", "--stack", "local")
    assert added.returncode == 0, added.stderr
    key = added.stdout.strip()
    assert "docker restart vllm-local" in added.stderr
    assert yaml.safe_load((secrets(folder) / "config.yaml").read_text()) == {"api-key": [key]}
    assert not (folder.path / "pulumi-arguments").exists(), "pulumi is not asked for what a file holds"


def test_the_one_server_is_restarted_by_the_person(folder: Folder) -> None:
    done = folder.ops("keys", "restart", "--stack", "local")
    assert done.returncode == 2
    assert "docker restart vllm-local" in done.stderr


def test_keys_are_listed_and_revoked(folder: Folder) -> None:
    first = folder.ops("keys", "add", "me", "--stack", "local").stdout.strip()
    second = folder.ops("keys", "add", "you", "--stack", "local").stdout.strip()
    entries = json.loads(folder.ops("keys", "list", "--stack", "local", "--json").stdout)["keys"]
    assert [(entry["name"], entry["last4"]) for entry in entries] == [("me", first[-4:]), ("you", second[-4:])]
    assert folder.ops("keys", "revoke", "me", "--stack", "local").returncode == 0
    assert yaml.safe_load((secrets(folder) / "config.yaml").read_text()) == {"api-key": [second]}
    last = folder.ops("keys", "revoke", "you", "--stack", "local")
    assert last.returncode == 1
    assert "this is the only key" in last.stderr
    assert "a key of this name already" in folder.ops("keys", "add", "you", "--stack", "local").stderr


def test_no_key_yet_says_how_to_add_one(folder: Folder) -> None:
    listed = folder.ops("keys", "list", "--stack", "local")
    assert (listed.returncode, listed.stdout) == (0, "")
    assert "ops keys add" in listed.stderr
    assert not secrets(folder).exists()


def test_a_damaged_file_is_neither_used_nor_echoed(folder: Folder) -> None:
    secrets(folder).mkdir(parents=True)
    (secrets(folder) / "keys.json").write_text("sk-plain-text-key")
    for arguments in (["list"], ["add", "me"]):
        done = folder.ops("keys", *arguments, "--stack", "local")
        assert done.returncode == 1
        assert f"{secrets(folder) / 'keys.json'} holds something else" in done.stderr
        assert "sk-plain" not in done.stdout + done.stderr
    assert (secrets(folder) / "keys.json").read_text() == "sk-plain-text-key"


def test_a_folder_that_cannot_be_made_is_named(folder: Folder) -> None:
    (folder.path / ".local").write_text("a file")
    done = folder.ops("keys", "add", "me", "--stack", "local")
    assert done.returncode == 1
    assert "could not store the stack's API keys" in done.stderr
    assert str(folder.path / ".local") in done.stderr


def test_a_change_is_made_alone(folder: Folder) -> None:
    """From reading the keys to writing them: another one in between would be lost."""
    files = SecretFiles(secrets(folder))

    def change(keys: Keys) -> Keys:
        with (files.folder / ".lock").open("w") as other, pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return {**keys, "me": ApiKey(name="me", key="sk-1", created="2026-01-31T12:00:00+00:00")}

    FileKeyStore(files)._change(change)
    with (files.folder / ".lock").open("w") as other:
        fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert list(FileKeyStore(files).read()) == ["me"]


def test_a_token_is_kept_in_a_file_of_the_user(folder: Folder) -> None:
    done = folder.ops("secrets", "set", "hf-token", "--stack", "local", "--json", stdin=TOKEN)
    assert done.returncode == 0, done.stderr
    file = secrets(folder) / "hf_token"
    assert json.loads(done.stdout) == {"secret": "hf-token", "file": str(file)}
    assert (file.read_text(), stat.S_IMODE(file.stat().st_mode)) == (TOKEN, 0o600)
    assert "docker restart vllm-local" in done.stderr
    assert TOKEN not in done.stdout + done.stderr


def test_smoke_takes_endpoint_and_key_of_the_stack(folder: Folder) -> None:
    key = folder.ops("keys", "add", "me", "--stack", "local").stdout.strip()

    def respond(path: str, sent: str | None, body: Any) -> tuple[int, Any]:
        return vllm_behind_the_balancer(path, KEY if sent == key else "another", body)

    with serving(respond) as url:
        folder.deploy("local", {"endpoint": url})
        done = folder.ops("smoke", "--stack", "local", DOCKER_HOST="unix:///nowhere/docker.sock")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skip   metrics move" in done.stdout


def test_smoke_of_a_server_that_is_down_names_its_container(folder: Folder) -> None:
    folder.ops("keys", "add", "me", "--stack", "local")
    folder.deploy("local", {"endpoint": "http://127.0.0.1:9/v1"})
    done = folder.ops("smoke", "--stack", "local")
    assert done.returncode == 1
    assert "docker logs vllm-local" in done.stdout


@pytest.mark.parametrize(
    ("verb", "instead"),
    [
        (["tunnel"], "export OPENAI_BASE_URL=http://localhost:8000/v1"),
        (["rollout", "--wait"], "docker logs --follow vllm-local"),
        (["bake"], "docker volume inspect vllm-local-huggingface"),
        (["cache", "list"], "docker volume ls --filter label=Stack=local"),
        (["cache", "delete"], "docker volume rm vllm-local-huggingface vllm-local-compile"),
        (["render"], "python -m ops graph --stack local --json"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_about_aws_says_what_to_do_instead(folder: Folder, verb: list[str], instead: str) -> None:
    done = folder.ops(*verb, "--stack", "local")
    assert (done.returncode, done.stdout) == (2, "")
    assert f"example: {instead}\n" in done.stderr
    assert "vllm:target: " in done.stderr
    assert len(done.stderr.splitlines()) <= 4


def test_the_cache_of_other_stacks_is_listed_beside_a_local_one(folder: Folder) -> None:
    """Its region is none, and no pool is looked for there."""
    from ops.cache import _regions

    before = Path.cwd()
    os.chdir(folder.path)
    try:
        assert _regions() == ["us-east-1"]
    finally:
        os.chdir(before)


WITHOUT_AWS = """
import sys
from ops import cli
status = cli.main(sys.argv[1:])
loaded = [name for name in ("boto3", "botocore", "pulumi", "pulumi_aws") if name in sys.modules]
sys.exit(f"loaded: {loaded}" if loaded else status)
"""


@pytest.mark.parametrize(
    ("verb", "expected"),
    [
        (["keys", "add", "me"], 0),
        (["secrets", "set", "hf-token"], 0),
        (["smoke", "--timeout-s", "1"], 1),
        (["status"], 1),
        (["alarms", "list"], 2),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_nothing_of_aws_is_loaded(folder: Folder, verb: list[str], expected: int) -> None:
    folder.ops("keys", "add", "other", "--stack", "local")
    folder.deploy("local", {"endpoint": "http://127.0.0.1:9/v1"})
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_AWS, *verb, "--stack", "local"],
        cwd=folder.path,
        env={**folder.environment, "PYTHONPATH": str(ROOT), "DOCKER_HOST": "unix:///nowhere/docker.sock"},
        input=TOKEN,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert "loaded: " not in done.stderr
    assert done.returncode == expected, done.stderr
