"""The three failures that people meet first, for every verb that asks a deployed stack: one report, and status 1."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from rehearsal.aws.server import EmulatedAws
from tests.ops.deployed_stack import Folder, make_folder

TOKEN = "hf_" + "aB3" * 11
ARN = "arn:aws:secretsmanager:us-east-1:123456789012:secret:x-AbCdEf"
OUTPUTS = {
    "api_keys_secret_arn": ARN,
    "hf_token_secret_arn": ARN,
    "autoscaling_group": "vllm-1234567",
    "target_group_arn": "arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/x/1",
    "log_group": "hosts",
    "alarm_topic_arn": "arn:aws:sns:us-east-1:123456789012:vllm-alarms-1234567",
    "endpoint": "http://internal-x.elb.amazonaws.com/v1",
    "load_balancer_dns": "internal-x.elb.amazonaws.com",
}
VERBS = [
    ["keys", "list"],
    ["keys", "add", "alice"],
    ["keys", "revoke", "alice"],
    ["keys", "restart"],
    ["keys", "restart", "--surge"],
    ["secrets", "set", "hf-token"],
    ["rollout"],
    ["rollout", "--wait"],
    ["status"],
    ["alarms", "list"],
    ["alarms", "test"],
    ["logs"],
    ["logs", "--follow"],
    ["tunnel", "--print"],
    ["smoke"],
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Folder]:
    with EmulatedAws() as aws:
        yield make_folder(tmp_path_factory.mktemp("folder"), outputs=OUTPUTS, environment=aws.environment())


def ops(folder: Folder, verb: list[str], *, stack: str = "dev", **variables: str) -> subprocess.CompletedProcess[str]:
    return folder.ops(*verb, "--stack", stack, stdin=TOKEN, **variables)


def assert_one_report(done: subprocess.CompletedProcess[str], *, says: str) -> None:
    assert done.returncode == 1
    assert done.stdout == ""
    assert says in done.stderr
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) <= 4


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_no_credentials(folder: Folder, verb: list[str]) -> None:
    done = ops(folder, verb, AWS_ACCESS_KEY_ID="", AWS_SECRET_ACCESS_KEY="")
    assert_one_report(done, says="no usable credentials")


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_no_such_stack(folder: Folder, verb: list[str]) -> None:
    folder.stack_file("prod").write_text(folder.stack_file("dev").read_text())
    assert_one_report(ops(folder, verb, stack="prod"), says="pulumi stack init prod && pulumi up --stack prod")


@pytest.mark.parametrize("verb", VERBS, ids=" ".join)
def test_no_network(folder: Folder, verb: list[str]) -> None:
    assert_one_report(ops(folder, verb, AWS_ENDPOINT_URL="http://127.0.0.1:9"), says="AWS cannot be reached")


def test_no_pulumi_and_no_login(folder: Folder, tmp_path: Path) -> None:
    nowhere = ops(folder, ["rollout"], PATH="/nonexistent", XDG_CACHE_HOME=str(tmp_path))
    assert_one_report(nowhere, says="the Pulumi CLI is needed")
    program = tmp_path / "pulumi"
    program.write_text("#!/bin/sh\necho 'error: PULUMI_ACCESS_TOKEN must be set for login' >&2; exit 255\n")
    program.chmod(0o755)
    refused = ops(folder, ["rollout"], PATH=str(tmp_path))
    assert_one_report(refused, says="pulumi is not logged in: pulumi login")
