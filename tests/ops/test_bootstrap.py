"""``ops bootstrap`` as a person runs it: from nothing, again, and the failures that one meets first."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from ops.bootstrap import confirmed
from ops.bootstrap.parts import Part, Step
from rehearsal.aws.server import EmulatedAws
from tests.ops.deployed_stack import Folder, make_folder

ASK = ("bootstrap", "--repository", "acme/llm")
ACCOUNT = "123456789012"
BUCKET = f"pulumi-vllm-{ACCOUNT}-us-east-1"
READ_ONLY = ("Get", "List", "Describe", "HEAD ", "GET ")
PARTS = [
    "key alias/pulumi-vllm",
    f"state bucket {BUCKET}",
    "identity provider token.actions.githubusercontent.com",
    "policy pulumi-vllm-read",
    "policy pulumi-vllm-ec2",
    "role pulumi-vllm-preview",
    "role pulumi-vllm-up",
]


@pytest.fixture
def aws() -> Iterator[EmulatedAws]:
    with EmulatedAws() as running:
        yield running


@pytest.fixture
def folder(aws: EmulatedAws, tmp_path: Path) -> Folder:
    made = make_folder(tmp_path, outputs=None, environment=aws.environment())
    made.stack_file("prod").write_text("config: {aws:region: us-east-1, vllm:model: a/b}\n")
    made.stack_file("local").write_text("config: {vllm:target: local, vllm:model: a/b}\n")
    return made


@pytest.fixture
def ready(folder: Folder) -> Folder:
    done = folder.ops(*ASK, "--yes")
    assert done.returncode == 0, done.stderr
    return folder


def states(folder: Folder, *more: str) -> dict[str, str]:
    done = folder.ops(*ASK, *more, "--json")
    assert done.returncode == 0, done.stdout
    return {part["what"]: part["was"] for part in json.loads(done.stdout)["parts"]}


def writes(aws: EmulatedAws, since: int) -> list[str]:
    return [call.action for call in aws.calls[since:] if not call.action.startswith(READ_ONLY)]


def test_a_plan_names_everything_and_touches_nothing(aws: EmulatedAws, folder: Folder) -> None:
    done = folder.ops(*ASK, "--plan")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[: len(PARTS)] == [f"{part}: would be created" for part in PARTS]
    assert writes(aws, 0) == []


def test_from_nothing_all_is_made_and_the_next_steps_are_said(aws: EmulatedAws, folder: Folder) -> None:
    done = folder.ops(*ASK, "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[: len(PARTS)] == [f"{part}: created" for part in PARTS]
    assert f"pulumi login 's3://{BUCKET}?region=us-east-1'" in done.stdout
    init = "--secrets-provider 'awskms://alias/pulumi-vllm?region=us-east-1'"
    assert [line.strip() for line in done.stdout.splitlines() if "stack init" in line] == [
        f"pulumi stack init {name} {init}" for name in ("dev", "prod")
    ]
    role = f"arn:aws:iam::{ACCOUNT}:role/pulumi-vllm-up"
    assert f"gh variable set AWS_ROLE_UP --repo acme/llm --body '{role}'" in done.stdout
    assert """gh variable set DEPLOY_STACKS --repo acme/llm --body '["dev","prod"]'""" in done.stdout


def test_the_bucket_is_as_a_state_needs_it(aws: EmulatedAws, ready: Folder) -> None:
    s3 = aws.client("s3")
    key = aws.client("kms").describe_key(KeyId="alias/pulumi-vllm")["KeyMetadata"]["Arn"]
    assert s3.get_bucket_versioning(Bucket=BUCKET)["Status"] == "Enabled"
    (rule,) = s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": key}
    assert all(s3.get_public_access_block(Bucket=BUCKET)["PublicAccessBlockConfiguration"].values())
    statements = json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]
    assert {(one["Sid"], one["Effect"], one["Action"]) for one in statements} == {
        ("TlsOnly", "Deny", "s3:*"),
        ("StaysThere", "Deny", "s3:DeleteBucket"),
    }
    (lifecycle,) = s3.get_bucket_lifecycle_configuration(Bucket=BUCKET)["Rules"]
    assert "Days" not in lifecycle["Expiration"], "the newest version never goes"
    assert lifecycle["NoncurrentVersionExpiration"] == {"NoncurrentDays": 90}


def test_the_key_is_rotated_and_the_roles_name_it(aws: EmulatedAws, ready: Folder) -> None:
    kms, iam = aws.client("kms"), aws.client("iam")
    key = kms.describe_key(KeyId="alias/pulumi-vllm")["KeyMetadata"]["Arn"]
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]
    for role in ("pulumi-vllm-preview", "pulumi-vllm-up"):
        (name,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
        document = iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
        (opens,) = [one for one in document["Statement"] if one["Sid"] == "OpenState"]
        assert opens["Resource"] == key


def test_the_second_run_changes_nothing(aws: EmulatedAws, ready: Folder) -> None:
    before = len(aws.calls)
    done = ready.ops(*ASK, "--yes")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[: len(PARTS)] == [f"{part}: is as wanted" for part in PARTS]
    assert writes(aws, before) == []


def test_nobody_is_asked_about_nothing(ready: Folder) -> None:
    assert set(states(ready, "--plan").values()) == {"as wanted"}


def test_a_change_of_the_environments_is_one_of_the_trust_alone(ready: Folder) -> None:
    done = ready.ops(*ASK, "--environments", "prod", "--plan")
    lines = [line for line in done.stdout.splitlines()[: len(PARTS)] if not line.endswith("is as wanted")]
    assert lines == ["role pulumi-vllm-up: would change: who may take it: repo:acme/llm:environment:prod"]


def test_numbers_of_the_repository_are_trusted_in_place_of_its_bare_name(aws: EmulatedAws, ready: Folder) -> None:
    done = ready.ops(*ASK, "--repository-ids", "12/34", "--yes")
    assert done.returncode == 0, done.stderr
    trust = aws.client("iam").get_role(RoleName="pulumi-vllm-up")["Role"]["AssumeRolePolicyDocument"]
    condition = trust["Statement"][0]["Condition"]["StringEquals"]
    assert condition["token.actions.githubusercontent.com:sub"] == [
        f"repo:acme@12/llm@34:environment:{name}" for name in ("dev", "prod")
    ]
    assert "--repository-ids" not in done.stdout


@pytest.mark.parametrize(("answer", "does"), [("y", True), ("yes", True), ("", False), ("n", False)])
def test_a_person_sees_what_would_be_done_and_is_asked(
    capsys: pytest.CaptureFixture[str], answer: str, does: bool
) -> None:
    step = Step(says="every version kept", do=lambda: None)
    parts = [Part(title="state bucket b", new=False, steps=[step]), Part(title="role r", new=True, steps=[step])]
    assert confirmed(parts, answers=io.StringIO(f"{answer}\n")) is does
    assert capsys.readouterr().err.splitlines() == [
        "state bucket b: would change: every version kept",
        "role r: would be created",
        "Do it? [y/N] ",
    ]


def test_without_a_yes_and_without_a_person_nothing_is_done(aws: EmulatedAws, folder: Folder) -> None:
    done = folder.ops(*ASK)
    assert done.returncode == 2
    assert "look at --plan first, then say --yes" in done.stderr
    assert aws.calls == ()


@pytest.mark.parametrize(
    ("arguments", "path"),
    [
        (["--repository", "acme"], "--repository"),
        (["--repository", "acme/llm; true"], "--repository"),
        (["--repository", "acme/llm", "--repository-ids", "12"], "--repository-ids"),
        (["--repository", "acme/llm", "--bucket", "vllm-state"], "--bucket"),
        (["--repository", "acme/llm", "--bucket", "UPPER"], "--bucket"),
        (["--repository", "acme/llm", "--region", "mars"], "--region"),
        (["--repository", "acme/llm", "--environments", "a b"], "--environments"),
    ],
)
def test_a_wrong_argument_is_said_before_anything_is_asked(
    aws: EmulatedAws, folder: Folder, arguments: list[str], path: str
) -> None:
    done = folder.ops("bootstrap", *arguments, "--yes", "--json")
    assert done.returncode == 2
    assert [error["path"] for error in json.loads(done.stdout)["errors"]] == [path]
    assert aws.calls == ()


def test_stack_files_in_two_regions_leave_the_choice(aws: EmulatedAws, folder: Folder) -> None:
    folder.stack_file("prod").write_text("config: {aws:region: eu-central-1, vllm:model: a/b}\n")
    done = folder.ops(*ASK, "--plan")
    assert (done.returncode, "the stack files here are in several" in done.stderr) == (2, True)
    assert folder.ops(*ASK, "--region", "eu-central-1", "--yes").returncode == 0
    where = aws.client("s3").get_bucket_location(Bucket=f"pulumi-vllm-{ACCOUNT}-eu-central-1")
    assert where["LocationConstraint"] == "eu-central-1"


def other_account(aws: EmulatedAws) -> Any:
    """An S3 client of somebody else's account."""
    taken = aws.client("sts").assume_role(RoleArn="arn:aws:iam::111111111111:role/x", RoleSessionName="other")
    keys = taken["Credentials"]
    return boto3.client(
        "s3",
        endpoint_url=aws.endpoint,
        region_name="us-east-1",
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


@pytest.mark.parametrize("asks", ["--plan", "--yes"])
def test_a_bucket_of_somebody_else_is_left_alone(aws: EmulatedAws, folder: Folder, asks: str) -> None:
    other_account(aws).create_bucket(Bucket="acme-state")
    before = len(aws.calls)
    done = folder.ops(*ASK, "--bucket", "acme-state", asks)
    assert done.returncode == 1
    assert "somebody else has a bucket of this name" in done.stderr
    assert "--bucket acme-state-2" in done.stderr
    assert writes(aws, before) == [], "not even the key is made"


def test_a_bucket_in_another_region_does_not_move(aws: EmulatedAws, folder: Folder) -> None:
    where = {"LocationConstraint": "eu-west-1"}
    aws.client("s3", region="eu-west-1").create_bucket(Bucket="acme-state", CreateBucketConfiguration=where)
    done = folder.ops(*ASK, "--bucket", "acme-state", "--yes")
    assert (done.returncode, "--region eu-west-1" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        ({"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": ""}, "no usable credentials"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "AWS cannot be reached"),
        ({"AWS_PROFILE": "gone"}, "no usable credentials"),
    ],
)
def test_no_credentials_and_no_network(folder: Folder, variables: dict[str, str], says: str) -> None:
    done = folder.ops(*ASK, "--plan", **variables)
    assert done.returncode == 1
    assert done.stdout == ""
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_key_that_is_to_be_deleted_stops_it(aws: EmulatedAws, ready: Folder) -> None:
    kms = aws.client("kms")
    key = kms.describe_key(KeyId="alias/pulumi-vllm")["KeyMetadata"]["Arn"]
    kms.schedule_key_deletion(KeyId=key.partition("/")[2], PendingWindowInDays=7)
    done = ready.ops(*ASK, "--yes")
    assert done.returncode == 1
    assert f"aws kms cancel-key-deletion --key-id {key}" in done.stderr
