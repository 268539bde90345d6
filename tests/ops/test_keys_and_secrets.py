"""``ops keys`` and ``ops secrets`` as a person runs them, against an emulated AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.server import EmulatedAws
from tests.ops.deployed_stack import Folder, make_folder, write_program

TOKEN = "hf_" + "aB3" * 11


@pytest.fixture
def aws() -> Iterator[EmulatedAws]:
    with EmulatedAws() as running:
        yield running


@pytest.fixture
def client(aws: EmulatedAws) -> Any:
    return aws.client("secretsmanager")


@pytest.fixture
def folder(aws: EmulatedAws, client: Any, tmp_path: Path) -> Folder:
    outputs = {
        "api_keys_secret_arn": client.create_secret(Name="keys")["ARN"],
        "hf_token_secret_arn": client.create_secret(Name="token")["ARN"],
        "autoscaling_group": "vllm-1234567",
    }
    return make_folder(tmp_path, outputs=outputs, environment=aws.environment())


def test_a_key_is_shown_once_and_listed_by_its_end(folder: Folder) -> None:
    added = folder.ops("keys", "add", "alice", "--stack", "dev", "--no-restart")
    assert added.returncode == 0, added.stderr
    key = added.stdout.strip()
    assert key.startswith("sk-")
    assert "python -m ops keys restart --stack dev" in added.stderr
    listed = folder.ops("keys", "list", "--stack", "dev")
    assert listed.returncode == 0
    assert listed.stdout.startswith("alice  20")
    assert listed.stdout.rstrip().endswith(f"...{key[-4:]}")
    assert key not in listed.stdout


def test_json_is_one_document(folder: Folder) -> None:
    options = ("--stack", "dev", "--no-restart", "--json")
    added = json.loads(folder.ops("keys", "add", "alice", *options).stdout)
    assert sorted(added) == ["created", "key", "name"]
    folder.ops("keys", "add", "bob", *options)
    assert json.loads(folder.ops("keys", "revoke", "bob", *options).stdout) == {"revoked": "bob"}
    (entry,) = json.loads(folder.ops("keys", "list", "--stack", "dev", "--json").stdout)["keys"]
    assert entry == {"name": "alice", "created": added["created"], "last4": added["key"][-4:]}


def test_a_stack_that_lacks_an_output_is_given_no_key(folder: Folder) -> None:
    done = folder.ops("keys", "add", "alice", "--stack", "dev")
    assert (done.returncode, done.stdout) == (1, "")
    assert "no output target_group_arn" in done.stderr
    assert folder.ops("keys", "list", "--stack", "dev").stdout == ""


def test_no_key_yet_says_how_to_add_one(folder: Folder) -> None:
    listed = folder.ops("keys", "list", "--stack", "dev")
    assert (listed.returncode, listed.stdout) == (0, "")
    assert "ops keys add" in listed.stderr


def test_the_stack_that_is_asked_for_is_the_stack_that_pulumi_is_asked_for(folder: Folder) -> None:
    folder.ops("keys", "list", "--stack", "dev")
    asked = (folder.path / "pulumi-arguments").read_text().split()
    assert asked == ["stack", "output", "--json", "--non-interactive", "--stack", "dev"]


# The three failures that people meet first.


def test_nothing_deployed_names_the_command(folder: Folder) -> None:
    folder.deploy("dev", {})
    done = folder.ops("keys", "add", "alice", "--stack", "dev")
    assert done.returncode == 1
    assert "pulumi up --stack dev" in done.stderr


def test_missing_credentials_are_said_to_be_missing(folder: Folder) -> None:
    done = folder.ops("keys", "list", "--stack", "dev", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert done.returncode == 1
    assert "no usable credentials" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", ["", "a b", "-x", "x" * 65])
def test_a_name_that_cannot_be_one_is_refused(folder: Folder, name: str) -> None:
    done = folder.ops("keys", "add", "--stack", "dev", "--json", "--", name)
    assert done.returncode == 2
    assert json.loads(done.stdout)["errors"][0]["given"] == (name or '""')


def test_an_aws_that_does_not_answer_is_said_not_to(folder: Folder) -> None:
    done = folder.ops("keys", "list", "--stack", "dev", AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1")
    assert done.returncode == 1
    assert "cannot be reached" in done.stderr


# The HuggingFace token.


def test_a_token_from_standard_input_is_stored_and_not_echoed(folder: Folder, client: Any) -> None:
    done = folder.ops("secrets", "set", "hf-token", "--stack", "dev", stdin=f"{TOKEN}\n")
    assert done.returncode == 0, done.stderr
    assert client.get_secret_value(SecretId="token")["SecretString"] == TOKEN
    assert TOKEN not in done.stdout + done.stderr


def test_a_token_from_a_variable_is_stored(folder: Folder, client: Any) -> None:
    done = folder.ops("secrets", "set", "hf-token", "--stack", "dev", "--from-env", "HF", "--json", HF=TOKEN)
    assert done.returncode == 0, done.stderr
    assert sorted(json.loads(done.stdout)) == ["arn", "secret", "version"]
    assert client.get_secret_value(SecretId="token")["SecretString"] == TOKEN


@pytest.mark.parametrize(
    ("arguments", "stdin", "message"),
    [
        (["hf-token"], "", "no token came in"),
        (["hf-token"], "sk-not-a-hub-token-0123", "not a HuggingFace token"),
        (["hf-token", "--from-env", "UNSET_HERE"], "", "UNSET_HERE is not set"),
        (["hf-token", "plain-old-token-123456"], "", "on the command line is seen by every process"),
        (["hf-token", TOKEN], "", "on the command line is seen by every process"),
        ([TOKEN], "", "invalid choice"),
    ],
)
def test_what_is_no_token_is_refused_and_not_echoed(
    folder: Folder, client: Any, arguments: list[str], stdin: str, message: str
) -> None:
    done = folder.ops("secrets", "set", *arguments, "--stack", "dev", stdin=stdin)
    assert done.returncode == 2
    assert message in done.stderr
    shown = done.stdout + done.stderr
    assert not [secret for secret in (TOKEN, "sk-not", "plain-old") if secret in shown]
    assert not client.describe_secret(SecretId="token").get("VersionIdsToStages")


@pytest.mark.parametrize(
    ("stderr", "advice"),
    [
        ("error: no stack named 'dev' found", "pulumi stack init dev"),
        ("error: PULUMI_ACCESS_TOKEN must be set for login during non-interactive CLI sessions", "pulumi login"),
        ("error: get stack secrets manager: passphrase must be set", "PULUMI_CONFIG_PASSPHRASE"),
        ("error: something else", "could not read the stack's outputs"),
    ],
)
def test_pulumis_refusals_say_what_to_do(folder: Folder, stderr: str, advice: str) -> None:
    write_program(folder.path / "bin", "pulumi", f'echo "{stderr}" >&2; exit 255')
    done = folder.ops("keys", "list", "--stack", "dev")
    assert done.returncode == 1
    assert advice in done.stderr
    assert stderr in done.stderr


def test_a_missing_pulumi_is_named(folder: Folder) -> None:
    done = folder.ops("keys", "list", "--stack", "dev", PATH="/usr/bin:/bin", XDG_CACHE_HOME=str(folder.path))
    assert done.returncode == 1
    assert "make setup" in done.stderr
