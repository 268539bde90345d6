"""A key is shown once, when it is made; after that no verb says one, also where something is wrong."""

from __future__ import annotations

import json
import logging
import subprocess
from pathlib import Path
from typing import Any

import pytest

from ops.api_keys import new_key
from tests.ops.deployed_stack import Folder, make_folder
from tests.rehearsal.aws.cloud import Cloud

ENDPOINT = "http://127.0.0.1:9/v1"
"""Nobody is there: what asks the endpoint fails with the key in its hand."""
TOKEN = "hf_" + "aB3" * 11
READING = (
    ("keys", "list"),
    ("keys", "list", "--json"),
    ("keys", "restart"),
    ("keys", "revoke", "nobody"),
    ("keys", "revoke", "nobody", "--json"),
    ("smoke",),
    ("smoke", "--json"),
    ("status",),
    ("status", "--json"),
    ("rollout",),
    ("logs",),
    ("alarms", "list"),
    ("cache", "list"),
)


@pytest.fixture
def client(cloud: Cloud) -> Any:
    return cloud.aws.client("secretsmanager")


@pytest.fixture
def arn(client: Any) -> str:
    return str(client.create_secret(Name="keys")["ARN"])


@pytest.fixture
def folder(cloud: Cloud, client: Any, arn: str, tmp_path: Path) -> Folder:
    outputs = {
        "endpoint": ENDPOINT,
        "model": "a/b",
        "api_keys_secret_arn": arn,
        "hf_token_secret_arn": client.create_secret(Name="token")["ARN"],
        "autoscaling_group": "vllm-1234567",
        "target_group_arn": cloud.target_group_arn,
        "log_group": "/vllm/dev",
        "load_balancer_dns": "internal-x.elb.amazonaws.com",
        "alarm_topic_arn": "arn:aws:sns:us-east-1:123456789012:vllm",
        "cache_volume_ids": [],
    }
    return make_folder(tmp_path, outputs=outputs, environment=cloud.aws.environment())


def said(run: subprocess.CompletedProcess[str], caplog: pytest.LogCaptureFixture) -> str:
    return run.stdout + run.stderr + caplog.text


def put(client: Any, arn: str, value: object) -> None:
    client.put_secret_value(SecretId=arn, SecretString=value if isinstance(value, str) else json.dumps(value))


@pytest.mark.parametrize("verb", READING, ids="-".join)
def test_a_key_is_said_by_no_verb_that_reads_it(
    verb: tuple[str, ...], folder: Folder, client: Any, arn: str, caplog: pytest.LogCaptureFixture
) -> None:
    keys = [new_key(), new_key()]
    created = "2026-01-31T12:00:00+00:00"
    put(client, arn, {"keys": {f"p{i}": {"key": key, "created": created} for i, key in enumerate(keys)}})
    caplog.set_level(logging.INFO)
    run = folder.ops(*verb, "--stack", "dev")
    assert not [key for key in keys if key in said(run, caplog)]
    assert run.stdout + run.stderr


def test_a_key_is_shown_when_it_is_made_and_never_again(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    added = folder.ops("keys", "add", "alice", "--stack", "dev", "--no-restart")
    key = added.stdout.strip()
    assert key.startswith("sk-")
    assert key not in added.stderr + caplog.text
    later = [
        folder.ops("keys", "add", "alice", "--stack", "dev", "--no-restart"),
        folder.ops("keys", "add", "bob", "--stack", "dev", "--no-restart"),
        folder.ops("keys", "revoke", "alice", "--stack", "dev", "--no-restart"),
        folder.ops("keys", "list", "--stack", "dev"),
    ]
    assert key not in "".join(said(run, caplog) for run in later)


@pytest.mark.parametrize("verb", [*READING, ("keys", "add", "eve")], ids="-".join)
@pytest.mark.parametrize("form", ['{"keys": {"a": "KEY"}}', '{"keys": {"a": {"key": "KEY"', "KEY", '["KEY"]'])
def test_a_damaged_secret_is_not_shown_by_any_verb(
    verb: tuple[str, ...], form: str, folder: Folder, client: Any, arn: str, caplog: pytest.LogCaptureFixture
) -> None:
    key = new_key()
    put(client, arn, form.replace("KEY", key))
    assert key not in said(folder.ops(*verb, "--stack", "dev"), caplog)


@pytest.mark.parametrize("text", [TOKEN, f" {TOKEN}x y", f"token={TOKEN}"])
def test_a_token_is_never_shown(folder: Folder, text: str, caplog: pytest.LogCaptureFixture) -> None:
    run = folder.ops("secrets", "set", "hf-token", "--stack", "dev", stdin=text)
    assert TOKEN not in said(run, caplog)


def test_a_key_given_in_the_wrong_place_is_not_repeated(folder: Folder, caplog: pytest.LogCaptureFixture) -> None:
    key = new_key()
    runs = [
        folder.ops("keys", "revoke", key, "--stack", "dev"),
        folder.ops("keys", "add", key, "--stack", "dev", "--no-restart"),
        folder.ops("keys", key, "--stack", "dev"),
        folder.ops(key),
        folder.ops("smoke", "--stack", key),
        folder.ops("secrets", "set", "hf-token", key, "--stack", "dev"),
    ]
    assert [run.args for run in runs if key in said(run, caplog)] == []
    assert {run.returncode for run in runs} == {2}
