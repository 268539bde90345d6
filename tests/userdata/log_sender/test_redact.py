"""What must not leave a host, and what must not be mistaken for it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from userdata.files.log_sender.redact import HIDDEN, KnownSecrets, redact

TOKEN = "hf_" + "aB3" * 11
KEY = "sk-" + "x9Y-" * 8


@pytest.mark.parametrize(
    ("text", "redacted"),
    [
        (f"token is {TOKEN}.", f"token is {HIDDEN}."),
        (f"curl -H 'Authorization: Bearer {KEY}'", f"curl -H 'Authorization: Bearer {HIDDEN}'"),
        ("authorization: Basic dXNlcjpwYXNz", f"authorization: Basic {HIDDEN}"),
        ('{"Authorization": "my-own-scheme-1"}', f'{{"Authorization": "{HIDDEN}"}}'),
        ("sent Bearer abcdef0123 to the server", f"sent Bearer {HIDDEN} to the server"),
        (f"'api_key': ['{KEY}', 'other']", f"'api_key': ['{HIDDEN}', 'other']"),
        ("--api-key=correct-horse", f"--api-key={HIDDEN}"),
        ("password: correct-horse", f"password: {HIDDEN}"),
        ("HF_TOKEN=some-token-text", f"HF_TOKEN={HIDDEN}"),
        ("AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI/K7MDENG", f"AWS_SECRET_ACCESS_KEY={HIDDEN}"),
        ("key id ASIAIOSFODNN7EXAMPLE used", f"key id {HIDDEN} used"),
        (
            "GET https://x/y?X-Amz-Credential=AKIA/2026&X-Amz-Signature=0123abcd&part=1",
            f"GET https://x/y?X-Amz-Credential={HIDDEN}&X-Amz-Signature={HIDDEN}&part=1",
        ),
        ("-----BEGIN RSA PRIVATE KEY----- MIIE", HIDDEN),
    ],
)
def test_secrets_are_hidden(text: str, redacted: str) -> None:
    assert redact(text) == redacted


@pytest.mark.parametrize(
    "text",
    [
        "step secrets ok in 1.20 s",
        "Avg prompt throughput: 12.3 tokens/s, Running: 3 reqs, GPU KV cache usage: 4.5%",
        "time to first token: 1234.5678 s",
        "'max_num_batched_tokens': 8192, 'hf_token_path': '/run/secrets/vllm/hf_token'",
        'HF_TOKEN_SECRET_ARN="arn:aws:secretsmanager:us-east-1:123456789012:secret:vllm-hf-token-GhIjKl"',
        "s3://vllm-scripts/scripts/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        "the API key is not set: python -m ops keys add NAME --stack dev",
        '10.0.0.7:4711 - "POST /v1/chat/completions HTTP/1.1" 401 Unauthorized',
    ],
)
def test_what_people_need_stays(text: str) -> None:
    assert redact(text) == text


def test_the_keys_and_the_token_of_the_host_are_hidden_whatever_they_look_like(tmp_path: Path) -> None:
    secrets = KnownSecrets(folder=tmp_path)
    secrets.refresh()
    assert secrets.values == ()
    (tmp_path / "config.yaml").write_text('api-key:\n- "plain words"\n- "plain words and more"\n- "\\u00fcber-key"\n')
    (tmp_path / "hf_token").write_text("my-token")
    secrets.refresh()
    text = "got plain words and more, plain words, \u00fcber-key, my-token"
    assert redact(text, secrets.values) == f"got {HIDDEN}, {HIDDEN}, {HIDDEN}, {HIDDEN}"


def test_what_is_hidden_stays_as_it_is() -> None:
    text = f"Bearer {HIDDEN}, 'api_key': ['{HIDDEN}'], token={HIDDEN}"
    assert redact(text) == text


def test_keys_of_before_a_rotation_stay_hidden(tmp_path: Path) -> None:
    secrets = KnownSecrets(folder=tmp_path)
    file = tmp_path / "config.yaml"
    for number, key in enumerate(("first-key", "second-key")):
        file.write_text(f'api-key:\n- "{key}"\n')
        os.utime(file, ns=(number, number))
        secrets.refresh()
        secrets.refresh()
    assert set(secrets.values) == {"first-key", "second-key"}


@pytest.mark.parametrize("text", ['api-key:\n- "on"\n', 'api-key:\n- "half a key\n', '- "\\x"\n', "", "\x00"])
def test_nothing_is_hidden_for_a_value_that_is_no_secret(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.yaml").write_text(text)
    secrets = KnownSecrets(folder=tmp_path)
    secrets.refresh()
    assert secrets.values == ()
