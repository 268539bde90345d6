"""The user's own files with keys and token: their form, who may read them, and two writers at once."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
import yaml

from machine.secret_files import CONFIG_FILE, KEYS_FILE, TOKEN_FILE, SecretFiles, secrets_folder


def text(**keys: str) -> str:
    return json.dumps(
        {"keys": {name: {"key": key, "created": "2026-01-31T12:00:00+00:00"} for name, key in keys.items()}}
    )


@pytest.fixture
def files(tmp_path: Path) -> SecretFiles:
    return SecretFiles.of("local", {"XDG_DATA_HOME": str(tmp_path)})


@pytest.mark.parametrize(
    ("environment", "folder"),
    [
        ({"HOME": "/home/me"}, "/home/me/.local/share/vllm-pulumi/local"),
        ({"HOME": "/home/me", "XDG_DATA_HOME": "/data"}, "/data/vllm-pulumi/local"),
        ({"HOME": "/home/me", "XDG_DATA_HOME": "relative"}, "/home/me/.local/share/vllm-pulumi/local"),
        ({"HOME": "/home/me", "XDG_DATA_HOME": ""}, "/home/me/.local/share/vllm-pulumi/local"),
    ],
)
def test_where_they_are(environment: dict[str, str], folder: str) -> None:
    assert secrets_folder("local", environment) == Path(folder)


def test_nothing_is_there_before_the_first_key(files: SecretFiles) -> None:
    assert (files.keys(), files.has_api_key, files.has_hf_token) == ("", False, False)
    assert not files.folder.exists()


def test_keys_are_what_vllm_reads(files: SecretFiles) -> None:
    files.write_keys(text(bob="sk-b", alice="sk-a"))
    assert files.has_api_key
    assert yaml.safe_load((files.folder / CONFIG_FILE).read_text()) == {"api-key": ["sk-a", "sk-b"]}
    assert files.keys() == text(bob="sk-b", alice="sk-a")


def test_only_the_user_reads_them(files: SecretFiles) -> None:
    files.write_keys(text(alice="sk-a"))
    files.write_hf_token("hf_x")
    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700
    for name in (KEYS_FILE, CONFIG_FILE, TOKEN_FILE):
        assert stat.S_IMODE((files.folder / name).stat().st_mode) == 0o600


def test_a_folder_that_others_could_read_is_closed(files: SecretFiles) -> None:
    files.folder.mkdir(parents=True, mode=0o755)
    files.write_hf_token("hf_x")
    assert stat.S_IMODE(files.folder.stat().st_mode) == 0o700


def test_what_is_no_secret_replaces_nothing(files: SecretFiles) -> None:
    files.write_keys(text(alice="sk-a"))
    with pytest.raises(ValueError, match="starts with a dash"):
        files.write_keys(text(alice="--disable-auth"))
    assert files.keys() == text(alice="sk-a")


@pytest.mark.parametrize("stored", ["", "{", '{"keys": {}}', '{"keys": {"a": {"key": ""}}}'])
def test_a_file_without_a_usable_key_holds_none(files: SecretFiles, stored: str) -> None:
    files.write_keys(text(alice="sk-a"))
    (files.folder / KEYS_FILE).write_text(stored)
    assert not files.has_api_key


def test_keys_that_vllm_does_not_see_are_none(files: SecretFiles) -> None:
    files.write_keys(text(alice="sk-a"))
    (files.folder / CONFIG_FILE).unlink()
    assert not files.has_api_key


def test_an_empty_token_is_none(files: SecretFiles) -> None:
    files.write_hf_token("hf_x")
    assert files.has_hf_token
    files.write_hf_token("")
    assert not files.has_hf_token


def test_nothing_else_is_left_in_the_folder(files: SecretFiles) -> None:
    with files.locked():
        files.write_keys(text(alice="sk-a"))
    assert {file.name for file in files.folder.iterdir()} == {KEYS_FILE, CONFIG_FILE, ".lock"}
