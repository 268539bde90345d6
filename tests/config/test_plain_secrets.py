"""A secret in plain text is refused wherever it stands, and is never echoed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.errors import ConfigError, Problem
from config.parse import parse
from config.plain_secrets import looks_secret
from config.report import as_json, as_text
from config.secret_shapes import HIDDEN, hide

GOOD = {"aws:region": "us-east-1", "vllm:model": "a/b"}
HF = "hf_" + "aB3" * 11
OPENAI = "sk-" + "proj" * 8
AWS = "AKIA" + "ABCD2345" * 2
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIE"
RANDOM = "q8Zr2LxV0pWt7NcY4mKd"

SECRETS = [
    ({"vllm:model": {"id": "a/b", "token": HF}}, "vllm:model.token", HF),
    ({"vllm:model": HF}, "vllm:model", HF),
    ({"vllm:model": {"id": "a/b", "servedName": HF}}, "vllm:model.servedName", HF),
    ({"vllm:serving": {"extraArgs": {"api-key": "short"}}}, "vllm:serving.extraArgs.api-key", "short"),
    ({"vllm:serving": {"extraArgs": {"api_key": "short"}}}, "vllm:serving.extraArgs.api_key", "short"),
    ({"vllm:serving": {"extraArgs": {"api-key": ["short", "other"]}}}, "vllm:serving.extraArgs.api-key[0]", "other"),
    ({"vllm:serving": {"extraArgs": {"hf-token": "short"}}}, "vllm:serving.extraArgs.hf-token", "short"),
    ({"vllm:serving": {"extraArgs": {"chat-template": OPENAI}}}, "vllm:serving.extraArgs.chat-template", OPENAI),
    ({"vllm:endpoint": {"apiKey": RANDOM}}, "vllm:endpoint.apiKey", RANDOM),
    ({"vllm:endpoint": {"apiKeysSecretArn": RANDOM}}, "vllm:endpoint.apiKeysSecretArn", RANDOM),
    ({"vllm:hfToken": HF}, "vllm:hfToken", HF),
    ({"vllm:cache": PEM}, "vllm:cache", "MIIE"),
    ({"aws:accessKey": AWS}, "aws:accessKey", AWS),
    ({"aws:secretKey": RANDOM * 2}, "aws:secretKey", RANDOM),
    ({"vllm:model": '{"id": "a/b", "token": "' + HF + '"}'}, "vllm:model.token", HF),
    ({"vllm:model": {"id": "a/b", "source": "https://me:pass@example.com/x"}}, "vllm:model.source", "pass"),
    ({"vllm:tags": {OPENAI: "a"}}, f"vllm:tags.{HIDDEN}", OPENAI),
    ({"vllm:model": {"id": "a/b", "x": {AWS: {"b": AWS}}}}, f"vllm:model.x.{HIDDEN}", AWS),
    ({f"vllm:{HF}": "a"}, f"vllm:{HIDDEN}", HF),
]


@pytest.mark.parametrize(("changes", "path", "secret"), SECRETS, ids=[row[1] for row in SECRETS])
def test_a_plain_secret_is_refused_without_echoing_it(changes: dict[str, object], path: str, secret: str) -> None:
    loaded = parse(stack="dev", raw={**GOOD, **changes})
    first = loaded.problems[0]
    assert [problem.path for problem in loaded.problems].count(path) == 1
    assert first.path == path
    assert first.given == HIDDEN
    assert "secret in plain text" in first.message
    assert "ops keys add" in first.message
    assert secret not in as_text(loaded.problems) + as_json(loaded.problems) + repr(loaded)


def test_a_removed_secret_is_no_second_problem() -> None:
    changes = {"vllm:serving": {"maxModelLen": 8, "extraArgs": {"api-key": "x", "seed": 1}}}
    loaded = parse(stack="dev", raw={**GOOD, **changes})
    assert len(loaded.problems) == 1
    assert loaded.config is not None
    assert loaded.config.serving.extra_args == {"seed": 1}


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("model", "tokenSecretArn"), "arn:aws:secretsmanager:us-east-1:123456789012:secret:team/hf-token-AbCdEf"),
        (("serving", "extraArgs", "tokenizer"), "meta-llama/Llama-3.1-8B-Instruct"),
        (("serving", "extraArgs", "tokenizer-mode"), "deepseek_v32_special_mode"),
        (("model", "revision"), "0e9e39f249a16976918f6564b8830bc894c89659"),
        (("image", "digest"), "sha256:" + "0123456789abcdef" * 4),
        (("model", "id"), "meta-llama/Llama-3.1-70B-Instruct"),
        (("endpoint", "apiKey"), "aaaaaaaaaaaaaaaaaaaaaaaa"),
        (("endpoint", "apiKey"), "ask the platform team for one"),
        (("tags", "team"), "help-desk-operations-europe"),
        (("serving", "extraArgs", "tokenizer"), "https://example.com:8443/a@b"),
        (("model", "source"), "s3://bucket/a:b@c"),
    ],
)
def test_what_is_no_secret_is_not_taken_for_one(path: tuple[str, ...], value: str) -> None:
    assert not looks_secret(path=path, value=value)


@given(prefix=st.text(max_size=20), suffix=st.text(max_size=20))
def test_hide_leaves_no_token_in_any_text(prefix: str, suffix: str) -> None:
    assert HF not in hide(prefix + HF + suffix)


def test_no_report_says_a_secret_whoever_made_it() -> None:
    texts = dict.fromkeys(("path", "given", "allowed", "example", "message"), f"the value {HF} is wrong")
    assert HF not in str(ConfigError([Problem(**texts)]))


def test_a_private_key_is_hidden_to_its_end() -> None:
    assert hide(f"before {PEM}\nMORE==\n-----END") == f"before {HIDDEN}"


def test_a_decrypted_secret_that_is_in_the_wrong_place_is_not_echoed() -> None:
    raw = {**GOOD, "vllm:monitoring": {"notify": [f"{OPENAI} of mine", "a@example.com"]}}
    loaded = parse(stack="dev", raw=raw, encrypted_keys=["vllm:monitoring"])
    assert [problem.path for problem in loaded.problems] == ["vllm:monitoring.notify[0]"]
    assert OPENAI not in as_text(loaded.problems) + as_json(loaded.problems)
