"""``ops smoke`` against a server that behaves like vLLM behind the load balancer, or does not."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from components.paths import NOT_FORWARDED
from config.errors import ConfigError
from ops.endpoint import Endpoint, check_url
from ops.http_call import call
from ops.smoke.checks import HIDDEN_PATH, OTHER_HIDDEN_PATHS, run_checks
from rehearsal.aws.server import EmulatedAws
from tests.ops.deployed_stack import Folder, make_folder
from tests.ops.vllm_stand_in import KEY, Respond, instead, serving, vllm_behind_the_balancer

SECONDS = re.compile(r"\d\.\d\d s\b")


def results(respond: Respond, *, key: str = KEY, direct: bool = False) -> dict[str, tuple[bool, str]]:
    with serving(respond) as url:
        checks = run_checks(Endpoint(base_url=url, key=key, direct=direct, timeout_s=10))
    assert all(check.duration_s >= 0 for check in checks)
    return {check.name: (check.passed, SECONDS.sub("0.00 s", check.detail)) for check in checks}


def test_a_good_endpoint_passes_every_check() -> None:
    assert results(vllm_behind_the_balancer) == {
        "models": (True, "tiny"),
        "completion": (True, "8 tokens from tiny"),
        "completion, streamed": (True, "8 tokens from tiny in 1 pieces, the first after 0.00 s"),
        "text completion": (True, "8 tokens from tiny"),
        "text completion, streamed": (True, "8 tokens from tiny in 1 pieces, the first after 0.00 s"),
        "tool call": (True, "the server has no tool parser (enable-auto-tool-choice)"),
        "too long a prompt": (True, "400 for 65 tokens"),
        "wrong key refused": (True, "401"),
        "hidden path": (True, "/metrics is 404"),
        "other hidden paths": (True, "10 are not offered"),
        "metrics move": (True, "the address was given, not the stack's own: its metrics are not looked for"),
    }


def test_a_server_itself_is_not_asked_to_hide_anything() -> None:
    open_metrics = instead({"/metrics": (200, None)})
    assert "hidden path" not in results(open_metrics, direct=True)
    assert results(open_metrics)["hidden path"] == (False, "HTTP 200 instead of 404")


@pytest.mark.parametrize(
    ("replies", "check", "detail"),
    [
        ({"/v1/models": (200, {"data": []})}, "models", "the list of models is empty"),
        ({"/v1/models": (200, None)}, "models", "the list of models is empty"),
        ({"/v1/models": (503, None)}, "models", "HTTP 503 instead of 200"),
        ({"/v1/models": (200, {"data": [{"id": "tiny"}]})}, "wrong key refused", "HTTP 200 instead of 401"),
        ({"/v1/models": (200, {"data": [{"id": "other"}]})}, "completion", "HTTP 404 instead of 200: The model"),
        ({"/v1/chat/completions": (200, {"choices": []})}, "completion", "holds no completion"),
        ({"/v1/chat/completions": (500, "plain")}, "completion", "HTTP 500 instead of 200"),
        ({"/v1/completions": (200, {"choices": [{}]})}, "text completion", "holds no completion"),
        ({"/v1/completions": (500, None)}, "text completion, streamed", "HTTP 500 instead of 200"),
        ({"/v1/completions": (500, None)}, "too long a prompt", "HTTP 500 instead of 400"),
        ({"/tokenize": (405, None), "/sleep": (405, None)}, "other hidden paths", "/tokenize is 405, /sleep is 405"),
        ({"/v1/models/../../metrics": (200, None)}, "other hidden paths", "/metrics is 200 instead of 404"),
    ],
)
def test_what_does_not_hold_is_named(replies: Mapping[str, tuple[int, Any]], check: str, detail: str) -> None:
    passed, said = results(instead(replies))[check]
    assert not passed
    assert detail in said


def test_a_firewall_may_refuse_a_detour_itself() -> None:
    assert results(instead({"/v1/models/../../metrics": (403, None)}))["other hidden paths"][0]


def test_a_server_that_does_not_say_its_context_is_not_asked_too_much() -> None:
    found = results(instead({"/v1/models": (200, {"data": [{"id": "tiny"}]})}))["too long a prompt"]
    assert found == (True, "/v1/models does not say how long a context may be")


def test_the_hidden_paths_are_paths_of_vllm_that_are_not_forwarded() -> None:
    known = {HIDDEN_PATH, *OTHER_HIDDEN_PATHS}
    assert {path for path in known if ".." not in path} <= set(NOT_FORWARDED)


def test_a_refused_key_fails_the_checks_that_need_one_and_only_those() -> None:
    found = results(vllm_behind_the_balancer, key="sk-old")
    assert [name for name, (passed, _) in found.items() if passed] == [
        "wrong key refused",
        "hidden path",
        "other hidden paths",
        "metrics move",
    ]
    assert found["models"][1] == "HTTP 401 instead of 200: Unauthorized"


def test_nothing_more_is_asked_where_nothing_answers() -> None:
    with serving(vllm_behind_the_balancer) as url:
        pass
    (check,) = run_checks(Endpoint(base_url=url, key=KEY, direct=False, timeout_s=10))
    assert check.detail.startswith("no answer: ")


def test_no_redirect_carries_the_key_away() -> None:
    keys: list[str | None] = []

    def elsewhere(path: str, key: str | None, body: Any) -> tuple[int, Any]:
        keys.append(key)
        return 200, {}

    with serving(elsewhere) as target, serving(lambda *_: (302, target)) as url:
        assert call(f"{url}/models", key=KEY, timeout_s=10).status == 302
    assert keys == []


def test_a_proxy_is_not_asked_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.delenv("no_proxy", raising=False)
    assert results(vllm_behind_the_balancer)["models"] == (True, "tiny")


@pytest.mark.parametrize("url", ["", "localhost:8000/v1", "ftp://host/v1", "http://host", "http:///v1", "file:///v1"])
def test_what_is_no_base_url_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="not the base URL"):
        check_url(url)


def test_a_slash_at_the_end_is_no_mistake() -> None:
    assert check_url("https://host/v1/") == "https://host/v1"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return make_folder(tmp_path, outputs={}, environment={})


def test_the_verb_needs_no_stack_when_it_is_given_address_and_key(folder: Folder) -> None:
    with serving(vllm_behind_the_balancer) as url:
        done = folder.ops("smoke", "--stack", "dev", "--base-url", url, "--api-key-env", "KEY", KEY=KEY)
    assert done.returncode == 0, done.stderr
    assert [line.split(" (")[0] for line in done.stdout.splitlines()] == [
        "ok     models",
        "ok     completion",
        "ok     completion, streamed",
        "ok     text completion",
        "ok     text completion, streamed",
        "skip   tool call",
        "ok     too long a prompt",
        "ok     wrong key refused",
        "ok     hidden path",
        "ok     other hidden paths",
        "skip   metrics move",
    ]


def test_a_failed_check_is_status_1_and_one_document(folder: Folder) -> None:
    (folder.path / "key").write_text("sk-old\n")
    with serving(vllm_behind_the_balancer) as url:
        done = folder.ops("smoke", "--stack", "dev", "--base-url", url, "--key-file", "key", "--json")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert document["passed"] is False
    assert sorted(document["checks"][0]) == ["detail", "duration_s", "name", "passed"]
    assert document["skipped"] == [{"name": "metrics move", "why": document["skipped"][0]["why"]}]


def test_the_stacks_own_endpoint_and_oldest_key_are_the_default(tmp_path: Path) -> None:
    with EmulatedAws() as aws, serving(vllm_behind_the_balancer) as url:
        arn = aws.client("secretsmanager").create_secret(
            Name="keys", SecretString=json.dumps({"keys": {"alice": {"key": KEY, "created": "2026-01-31"}}})
        )["ARN"]
        outputs = {"endpoint": url, "api_keys_secret_arn": arn}
        folder = make_folder(tmp_path, outputs=outputs, environment=aws.environment())
        assert folder.ops("smoke", "--stack", "dev").returncode == 0
        named = folder.ops("smoke", "--stack", "dev", "--key-name", "bob")
    assert named.returncode == 1
    assert "the stack has no key bob" in named.stderr
    assert KEY not in named.stdout + named.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--api-key-env", "UNSET_HERE"], "UNSET_HERE holds no API key"),
        (["--key-file", "nowhere"], "nowhere cannot be read"),
    ],
)
def test_a_missing_key_says_where_one_comes_from(folder: Folder, arguments: list[str], message: str) -> None:
    done = folder.ops("smoke", "--stack", "dev", "--base-url", "http://127.0.0.1:9/v1", *arguments)
    assert done.returncode == 1
    assert message in done.stderr
    assert "ops keys add" in done.stderr
