"""Secrets go from Secrets Manager to files on tmpfs, and nowhere else."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import yaml

from tests.userdata.host import Host, make_host

KEY = "sk-planted-0123456789"
TOKEN = "hf_planted0123456789"
VERSION = "6c1b4a4f-3c5e-4a3b-9c3e-6d0f6f1f2a01"
NO_VALUE = "An error occurred (ResourceNotFoundException) when calling the GetSecretValue operation"


def secret_of(*keys: str) -> str:
    return json.dumps(
        {"keys": {f"user-{index}": {"key": key, "created": "2026-01-01T00:00:00Z"} for index, key in enumerate(keys)}}
    )


def serve(host: Host, *, keys: str, token: str = "exit 1") -> None:
    """``keys`` and ``token`` are bash: what the two calls of get-secret-value do."""
    host.fake("aws", f'case "$*" in *api-keys*) {keys} ;; *hf-token*) {token} ;; esac')


def say(text: str, *, version: str = VERSION) -> str:
    """As the CLI prints version and value."""
    return f"printf '%s\\t%s\\n' {version} '{text}'"


def refuse(error: str) -> str:
    return f"echo '{error}' >&2; exit 254"


@pytest.fixture
def host(tmp_path: Path) -> Host:
    host = make_host(tmp_path / "host")
    host.fake("stat", "echo tmpfs")
    serve(host, keys=say(secret_of(KEY)), token=say(TOKEN))
    return host


def secrets(host: Host) -> Path:
    return host.path("run") / "secrets"


def test_keys_and_token_are_files_that_only_root_reads(host: Host) -> None:
    result = host.step("secrets")
    assert result.status == 0, result.output
    assert (secrets(host) / "hf_token").read_text() == TOKEN
    assert {path.name for path in secrets(host).iterdir()} == {"config.yaml", "hf_token"}
    assert [stat.S_IMODE(path.stat().st_mode) for path in secrets(host).iterdir()] == [0o400, 0o400]
    assert stat.S_IMODE(secrets(host).stat().st_mode) == 0o700


def test_the_version_of_the_keys_is_noted_and_said(host: Host) -> None:
    assert host.step("secrets").status == 0
    assert host.path("run/keys-fetched").read_text().strip() == VERSION
    assert host.path("run/said").read_text().strip() == f"keys of version {VERSION}"


def test_an_answer_without_a_version_is_not_taken_for_one(host: Host) -> None:
    serve(host, keys=f"echo '{secret_of(KEY)}'")
    result = host.step("secrets")
    assert result.status != 0
    assert KEY not in result.output + host.reason()


def test_every_key_reaches_vllm_as_it_is(host: Host) -> None:
    odd = 'sk-"quoted" $HOME `id` # : \\ é'
    serve(host, keys=say(secret_of(KEY, odd)), token=say(TOKEN))
    assert host.step("secrets").status == 0
    assert yaml.safe_load((secrets(host) / "config.yaml").read_text()) == {"api-key": [KEY, odd]}


def test_secrets_are_in_no_argument_and_no_log(host: Host) -> None:
    result = host.step("secrets")
    seen = result.output + "\n".join(host.calls())
    assert "get-secret-value" in seen
    assert KEY not in seen
    assert TOKEN not in seen


def test_a_second_boot_replaces_the_files(host: Host) -> None:
    assert host.step("secrets").status == 0
    serve(host, keys=say(secret_of("sk-new")), token=say("hf_new"))
    assert host.step("secrets").status == 0
    assert yaml.safe_load((secrets(host) / "config.yaml").read_text()) == {"api-key": ["sk-new"]}
    assert (secrets(host) / "hf_token").read_text() == "hf_new"


def test_an_empty_secret_is_waited_for(host: Host) -> None:
    asked = host.path("asked")
    later = f"echo x >>{asked}; (($(wc -l <{asked}) > 20)) || {{ {refuse(NO_VALUE)}; }}; {say(secret_of(KEY))}"
    serve(host, keys=later, token=say(TOKEN))
    result = host.step("secrets")
    assert result.status == 0, result.output
    assert "waiting: the API key not set: python -m ops keys add NAME --stack dev" in result.output
    assert [event["duration_s"] for event in host.events()] == [0, 60]


@pytest.mark.parametrize("value", [refuse(NO_VALUE), say('{"keys": {}}')], ids=["never set", "all revoked"])
def test_keys_that_never_come_fail_at_the_deadline_with_the_remedy(host: Host, value: str) -> None:
    serve(host, keys=value)
    assert host.step("secrets", left_s=30).status != 0
    assert host.reason().startswith("the API key still not set at the boot deadline: python -m ops keys add")


@pytest.mark.parametrize(
    "text",
    ["not json", "[]", '{"keys": ["sk-a"]}', '{"keys": {"a": {"created": "x"}}}', '{"keys": {"a": {"key": ""}}}'],
)
def test_a_malformed_secret_fails_without_showing_it(host: Host, text: str) -> None:
    serve(host, keys=say(text))
    result = host.step("secrets")
    assert result.status != 0
    assert "the API key could not be read" in host.reason()
    assert text not in result.output + host.reason()


def test_a_key_that_vllm_would_take_for_a_flag_is_refused(host: Host) -> None:
    serve(host, keys=say(secret_of("--trust-remote-code")))
    assert host.step("secrets").status != 0
    assert "starts with a dash" in host.reason()


def test_a_denied_secret_is_retried_then_fails_with_the_words_of_aws(host: Host) -> None:
    serve(host, keys=refuse("(AccessDeniedException) not authorized"))
    assert host.step("secrets").status != 0
    assert "(AccessDeniedException) not authorized" in host.reason()
    assert len(host.calls("aws secretsmanager")) == 6


def test_a_model_that_is_not_gated_needs_no_token(tmp_path: Path) -> None:
    host = make_host(tmp_path / "open", HF_TOKEN_REQUIRED="false")
    host.fake("stat", "echo tmpfs")
    serve(host, keys=say(secret_of(KEY)), token=refuse(NO_VALUE))
    result = host.step("secrets")
    assert result.status == 0, result.output
    assert not (secrets(host) / "hf_token").exists()


def test_a_gated_model_waits_for_its_token(host: Host) -> None:
    serve(host, keys=say(secret_of(KEY)), token=refuse(NO_VALUE))
    assert host.step("secrets", left_s=30).status != 0
    assert "the HuggingFace token still not set" in host.reason()
    assert "python -m ops secrets set hf-token --stack dev" in host.reason()


def test_secrets_are_not_written_to_a_disk(host: Host) -> None:
    host.fake("stat", "echo ext2/ext3")
    assert host.step("secrets").status != 0
    assert "is not on tmpfs" in host.reason()
    assert not secrets(host).exists()
