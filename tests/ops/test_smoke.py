"""``ops smoke`` against a server that behaves like vLLM behind the load balancer, or does not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from config.errors import ConfigError
from config.parse import parse
from ops.http_call import UnknownNameError, call
from ops.outputs import Deployed
from ops.smoke import Endpoint, check_url, run_checks
from ops.smoke_hints import explain
from rehearsal.aws.server import EmulatedAws
from tests.ops.certificates import certificate, server_side
from tests.ops.deployed_stack import STACK_FILE, Folder, make_folder

KEY = "sk-good-key-0123456789"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"
Respond = Callable[[str, str | None, Any], tuple[int, Any]]


def vllm_behind_the_balancer(path: str, key: str | None, body: Any) -> tuple[int, Any]:
    """Status and JSON, for a path, the bearer key and the request's JSON."""
    if path not in ("/v1/models", "/v1/chat/completions"):
        return 404, None
    if key != KEY:
        return 401, {"error": {"message": "Unauthorized"}}
    if path == "/v1/models":
        return 200, {"data": [{"id": "tiny"}]}
    if body["model"] != "tiny":
        return 404, {"error": {"message": "The model does not exist."}}
    return 200, {"choices": [{"message": {"content": ""}}], "usage": {"completion_tokens": body["max_tokens"]}}


def instead(replies: Mapping[str, tuple[int, Any]]) -> Respond:
    """The same server with other replies at some paths."""
    return lambda path, key, body: replies.get(path) or vllm_behind_the_balancer(path, key, body)


@contextmanager
def serving(respond: Respond, *, certificate: Path | None = None) -> Iterator[str]:
    """The base URL, with https where there is a certificate."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            header = self.headers.get("Authorization")
            raw = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            status, reply = respond(
                self.path, header.removeprefix("Bearer ") if header else None, json.loads(raw) if raw else None
            )
            self.send_response(status)
            if status == 302:
                self.send_header("Location", str(reply))
            self.end_headers()
            self.wfile.write(b"" if reply is None else json.dumps(reply).encode())

        def do_POST(self) -> None:
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing on stderr."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """A client that does not like the certificate hangs up."""

    with Quiet(("127.0.0.1", 0), Handler) as server:
        if certificate is not None:
            server.socket = server_side(certificate).wrap_socket(server.socket, server_side=True)
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"{'https' if certificate else 'http'}://127.0.0.1:{server.server_port}/v1"
        finally:
            server.shutdown()
            thread.join()


def results(respond: Respond, *, key: str = KEY, direct: bool = False) -> dict[str, tuple[bool, str]]:
    with serving(respond) as url:
        checks = run_checks(Endpoint(base_url=url, key=key, direct=direct, timeout_s=10))
    assert all(check.duration_s >= 0 for check in checks)
    return {check.name: (check.passed, check.detail) for check in checks}


def test_a_good_endpoint_passes_every_check() -> None:
    assert results(vllm_behind_the_balancer) == {
        "models": (True, "tiny"),
        "completion": (True, "8 tokens from tiny"),
        "wrong key refused": (True, "401"),
        "hidden path": (True, "/metrics is 404"),
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
    ],
)
def test_what_does_not_hold_is_named(replies: Mapping[str, tuple[int, Any]], check: str, detail: str) -> None:
    passed, said = results(instead(replies))[check]
    assert not passed
    assert detail in said


def test_a_refused_key_fails_the_checks_that_need_one_and_only_those() -> None:
    found = results(vllm_behind_the_balancer, key="sk-old")
    assert {name: passed for name, (passed, _) in found.items()} == {
        "models": False,
        "completion": False,
        "wrong key refused": True,
        "hidden path": True,
    }
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
        "ok     wrong key refused",
        "ok     hidden path",
    ]


def test_a_failed_check_is_status_1_and_one_document(folder: Folder) -> None:
    (folder.path / "key").write_text("sk-old\n")
    with serving(vllm_behind_the_balancer) as url:
        done = folder.ops("smoke", "--stack", "dev", "--base-url", url, "--key-file", "key", "--json")
    assert done.returncode == 1
    document = json.loads(done.stdout)
    assert document["passed"] is False
    assert sorted(document["checks"][0]) == ["detail", "duration_s", "name", "passed"]


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


# HTTPS.


def smoke(folder: Folder, url: str, **variables: str) -> list[str]:
    done = folder.ops("smoke", "--stack", "dev", "--base-url", url, "--api-key-env", "KEY", KEY=KEY, **variables)
    return done.stdout.splitlines()


def test_a_trusted_certificate_for_the_name_passes(folder: Folder) -> None:
    pem = certificate(folder.path, name="127.0.0.1")
    with serving(vllm_behind_the_balancer, certificate=pem) as url:
        lines = smoke(folder, url, SSL_CERT_FILE=str(pem))
    assert lines[0].startswith("ok     models ")
    assert len(lines) == 4


@pytest.mark.parametrize(
    ("name", "valid_days", "trusted", "said"),
    [
        ("llm.example.com", 1, True, "is not for 127.0.0.1: set vllm:endpoint.domain to the name that it is for"),
        ("127.0.0.1", 1, False, "this machine does not trust the certificate of 127.0.0.1"),
        ("127.0.0.1", -1, True, "the certificate of 127.0.0.1 has expired"),
    ],
)
def test_a_certificate_that_is_refused_is_explained(
    folder: Folder, name: str, valid_days: int, trusted: bool, said: str
) -> None:
    pem = certificate(folder.path, name=name, valid_days=valid_days)
    with serving(vllm_behind_the_balancer, certificate=pem) as url:
        (line,) = smoke(folder, url, **({"SSL_CERT_FILE": str(pem)} if trusted else {}))
    assert line.startswith("FAILED models")
    assert said in line


@pytest.mark.parametrize(
    ("endpoint", "said"),
    [
        ("{}", "the endpoint is internal: from elsewhere, python -m ops tunnel --stack dev"),
        (f"{{exposure: public, certificateArn: {CERTIFICATE}}}", "vllm:endpoint.allowedCidrs must hold the address"),
    ],
)
def test_an_endpoint_that_does_not_answer_says_who_may_reach_it(folder: Folder, endpoint: str, said: str) -> None:
    folder.stack_file("dev").write_text(f"{STACK_FILE}  vllm:endpoint: {endpoint}\n")
    folder.deploy("dev", {"endpoint": "http://127.0.0.1:9/v1"})
    done = folder.ops("smoke", "--stack", "dev", "--api-key-env", "KEY", KEY=KEY)
    assert done.returncode == 1
    assert said in done.stdout


def test_a_name_that_nobody_knows_yet_is_to_be_pointed_at_the_load_balancer() -> None:
    raw = {
        "aws:region": "us-east-1",
        "vllm:model": "a/b",
        "vllm:endpoint": {"certificateArn": CERTIFICATE, "domain": "llm.example.com"},
    }
    config = parse(stack="dev", raw=raw).config
    assert config is not None
    stack = Deployed(config=config, outputs={"load_balancer_dns": "lb-1.elb.amazonaws.com"})
    unknown = UnknownNameError("Name or service not known")
    said = explain(unknown, base_url="https://llm.example.com/v1", stack=stack)
    assert said == "no name server knows llm.example.com: point a CNAME record of it at lb-1.elb.amazonaws.com"
    assert explain(unknown, base_url="https://other/v1", stack=stack) == "no name server knows other"


def test_a_name_that_nobody_knows_is_told_from_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with pytest.raises(UnknownNameError):
        call("http://nowhere.invalid/v1", key=None, timeout_s=10)


# The failures that people meet first.


def test_a_stack_that_is_not_deployed_and_missing_credentials_are_said(tmp_path: Path) -> None:
    with EmulatedAws() as aws:
        folder = make_folder(tmp_path, outputs={}, environment=aws.environment())
        nothing = folder.ops("smoke", "--stack", "dev")
        folder.deploy("dev", {"endpoint": "http://127.0.0.1:9/v1", "api_keys_secret_arn": "arn:aws:secretsmanager:x"})
        no_key = folder.ops("smoke", "--stack", "dev", AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert (nothing.returncode, "pulumi up --stack dev" in nothing.stderr) == (1, True)
    assert (no_key.returncode, "no usable credentials" in no_key.stderr) == (1, True)
