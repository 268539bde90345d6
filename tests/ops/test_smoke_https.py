"""``ops smoke`` over HTTPS, and what it says of an endpoint that does not answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.parse import parse
from ops.endpoint.hints import explain
from ops.http_call import UnknownNameError, call
from ops.outputs import Deployed
from tests.ops.certificates import certificate
from tests.ops.deployed_stack import STACK_FILE, Folder, make_folder
from tests.ops.vllm_stand_in import KEY, serving, vllm_behind_the_balancer

CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return make_folder(tmp_path, outputs={}, environment={})


def smoke(folder: Folder, url: str, **variables: str) -> list[str]:
    done = folder.ops("smoke", "--stack", "dev", "--base-url", url, "--api-key-env", "KEY", KEY=KEY, **variables)
    return done.stdout.splitlines()


def test_a_trusted_certificate_for_the_name_passes(folder: Folder) -> None:
    pem = certificate(folder.path, name="127.0.0.1")
    with serving(vllm_behind_the_balancer, certificate=pem) as url:
        lines = smoke(folder, url, SSL_CERT_FILE=str(pem))
    assert lines[0].startswith("ok     models ")
    assert not [line for line in lines if line.startswith("FAILED")]


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


def test_a_name_in_a_zone_of_the_stacks_is_there_already_and_only_not_known_yet() -> None:
    endpoint = {"hostedZoneId": "Z0123456789ABCDEFGHIJ", "domain": "llm.example.com"}
    config = parse(stack="dev", raw={"aws:region": "us-east-1", "vllm:model": "a/b", "vllm:endpoint": endpoint}).config
    assert config is not None
    stack = Deployed(config=config, outputs={})
    said = explain(UnknownNameError("x"), base_url="https://llm.example.com/v1", stack=stack)
    assert said.startswith("no name server knows llm.example.com: the record is made")


def test_a_name_that_nobody_knows_is_told_from_a_server_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    with pytest.raises(UnknownNameError):
        call("http://nowhere.invalid/v1", key=None, timeout_s=10)
