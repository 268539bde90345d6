"""The emulated AWS as a process: loopback only, fake credentials only, empty at each start."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest

from rehearsal.aws.environment import clean_environment
from rehearsal.aws.server import EmulatedAws

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def aws() -> Iterator[EmulatedAws]:
    with EmulatedAws() as running:
        yield running


def test_it_listens_on_loopback_only(aws: EmulatedAws) -> None:
    assert urlsplit(aws.endpoint).hostname == "127.0.0.1"


def test_each_start_is_empty() -> None:
    with EmulatedAws() as first:
        first.client("s3").create_bucket(Bucket="left-over")
    with EmulatedAws() as second:
        assert second.client("s3").list_buckets()["Buckets"] == []


def test_there_is_one_at_a_time(aws: EmulatedAws) -> None:
    with pytest.raises(RuntimeError, match="another"), EmulatedAws():
        pass
    assert aws.client("sts").get_caller_identity()["Account"] == "123456789012"


def test_the_log_names_service_action_and_status(aws: EmulatedAws) -> None:
    aws.client("ec2").describe_vpcs()
    aws.client("ssm").describe_parameters()
    aws.client("s3").list_buckets()
    assert [(call.service, call.action, call.status) for call in aws.calls] == [
        ("ec2", "DescribeVpcs", 200),
        ("ssm", "DescribeParameters", 200),
        ("s3", "GET /", 200),
    ]


def test_a_clean_environment_has_no_credentials_but_the_fake_ones(aws: EmulatedAws) -> None:
    base = {
        "PATH": "/bin",
        "HTTPS_PROXY": "http://proxy.example",
        "NO_PROXY": "internal.example",
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "real",
        "AWS_ENDPOINT_URL_S3": "https://s3.amazonaws.com",
        "AWS_WEB_IDENTITY_TOKEN_FILE": "/token",
        "GOOGLE_APPLICATION_CREDENTIALS": "/key.json",
        "PULUMI_ACCESS_TOKEN": "pul-real",
    }
    clean = aws.clean_environment(base)
    assert {name for name in clean if name in base} == {"PATH", "HTTPS_PROXY", "NO_PROXY"}
    assert {name for name in clean if name.startswith("AWS_")} == set(aws.environment())
    assert clean["AWS_ENDPOINT_URL"] == aws.endpoint
    assert clean["NO_PROXY"].split(",") == ["internal.example", "127.0.0.1", "localhost"]


def test_an_sdk_in_a_clean_environment_finds_only_the_fake_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "credentials").write_text("[default]\naws_access_key_id=AKIAREAL\naws_secret_access_key=x\n")
    base = {"HOME": str(tmp_path), "AWS_PROFILE": "default", "AWS_ACCESS_KEY_ID": "AKIAREAL"}
    for name in os.environ:
        monkeypatch.delenv(name)
    for name, value in clean_environment(base, endpoint="http://127.0.0.1:9").items():
        monkeypatch.setenv(name, value)
    client = boto3.session.Session().client("ec2")
    assert client.meta.endpoint_url == "http://127.0.0.1:9"
    credentials = boto3.session.Session().get_credentials()
    assert credentials is not None
    assert credentials.access_key == "rehearsal"


def test_it_runs_as_a_program() -> None:
    program = subprocess.Popen(
        [sys.executable, "-m", "rehearsal.aws", "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    try:
        assert program.stdout is not None
        name, _, endpoint = program.stdout.readline().removeprefix("export ").strip().partition("=")
        assert name == "AWS_ENDPOINT_URL"
        client = boto3.client(
            "ec2",
            region_name="us-east-1",
            endpoint_url=endpoint,
            aws_access_key_id="rehearsal",
            aws_secret_access_key="rehearsal",
        )
        assert client.describe_regions()["Regions"]
    finally:
        program.send_signal(signal.SIGTERM)
        program.communicate(timeout=30)
    assert program.returncode == 0


def test_its_own_clients_ask_the_environment_nothing(aws: EmulatedAws, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent/config")
    assert aws.client("sts").get_caller_identity()["Account"]
    assert aws.client("ec2").describe_vpcs()["Vpcs"]
