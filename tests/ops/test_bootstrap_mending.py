"""What ``ops bootstrap`` mends: each setting changed by hand is named, put back, and nothing else is touched."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rehearsal.aws.server import EmulatedAws
from tests.ops.deployed_stack import Folder, make_folder
from tests.ops.test_bootstrap import ACCOUNT, ASK, BUCKET, states, writes

ISSUER = "token.actions.githubusercontent.com"
Change = Callable[[Any], Any]
READ_ALL = {"Sid": "All", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
OTHER = json.dumps({"Version": "2012-10-17", "Statement": [READ_ALL]})
ANYBODY = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}


@pytest.fixture(scope="module")
def aws() -> Iterator[EmulatedAws]:
    with EmulatedAws() as running:
        yield running


@pytest.fixture(scope="module")
def folder(aws: EmulatedAws, tmp_path_factory: pytest.TempPathFactory) -> Folder:
    path: Path = tmp_path_factory.mktemp("folder")
    made = make_folder(path, outputs=None, environment=aws.environment())
    made.stack_file("prod").write_text("config: {aws:region: us-east-1, vllm:model: a/b}\n")
    return made


@pytest.fixture(scope="module")
def ready(aws: EmulatedAws, folder: Folder) -> Folder:
    """Made once: each test leaves all as it was."""
    aws.client("iam").create_open_id_connect_provider(Url=f"https://{ISSUER}", ClientIDList=["theirs"])
    assert states(folder, "--yes")[f"identity provider {ISSUER}"] == "different"
    return folder


BUCKET_CHANGES: dict[str, tuple[Change, str]] = {
    "versions": (
        lambda s3: s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Suspended"}),
        "every version kept",
    ),
    "encryption": (lambda s3: s3.delete_bucket_encryption(Bucket=BUCKET), "encrypted with the key"),
    "public": (lambda s3: s3.delete_public_access_block(Bucket=BUCKET), "no public access"),
    "lists": (lambda s3: s3.delete_bucket_ownership_controls(Bucket=BUCKET), "no access lists"),
    "policy": (lambda s3: s3.delete_bucket_policy(Bucket=BUCKET), "its policy: TLS only, and it stays"),
    "lifecycle": (
        lambda s3: s3.put_bucket_lifecycle_configuration(
            Bucket=BUCKET,
            LifecycleConfiguration={
                "Rules": [{"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]
            },
        ),
        "old versions go after 90 days, newest ones never",
    ),
}
UP = "pulumi-vllm-up"
ROLE_CHANGES: dict[str, tuple[Change, str]] = {
    "trust": (
        lambda iam: iam.update_assume_role_policy(
            RoleName=UP, PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [ANYBODY]})
        ),
        "who may take it: repo:acme/llm:environment:dev, repo:acme/llm:environment:prod",
    ),
    "more attached": (
        lambda iam: iam.attach_role_policy(
            RoleName=UP, PolicyArn=iam.create_policy(PolicyName="all", PolicyDocument=OTHER)["Policy"]["Arn"]
        ),
        "without the policy all",
    ),
    "less attached": (
        lambda iam: iam.detach_role_policy(RoleName=UP, PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/pulumi-vllm-ec2"),
        "with the policy pulumi-vllm-ec2",
    ),
    "one more of its own": (
        lambda iam: iam.put_role_policy(RoleName=UP, PolicyName="more", PolicyDocument=OTHER),
        "without the policy more",
    ),
    "sessions": (lambda iam: iam.update_role(RoleName=UP, MaxSessionDuration=43200), "sessions of at most 10800 s"),
}


@pytest.mark.parametrize("name", BUCKET_CHANGES)
def test_a_setting_of_the_bucket_is_put_back(aws: EmulatedAws, ready: Folder, name: str) -> None:
    change, says = BUCKET_CHANGES[name]
    change(aws.client("s3"))
    mended(ready, f"state bucket {BUCKET}", says)


@pytest.mark.parametrize("name", ROLE_CHANGES)
def test_a_role_is_put_back(aws: EmulatedAws, ready: Folder, name: str) -> None:
    change, says = ROLE_CHANGES[name]
    change(aws.client("iam"))
    mended(ready, f"role {UP}", says)


def test_permissions_are_put_back_by_name(aws: EmulatedAws, ready: Folder) -> None:
    iam = aws.client("iam")
    (name,) = iam.list_role_policies(RoleName=UP)["PolicyNames"]
    document = iam.get_role_policy(RoleName=UP, PolicyName=name)["PolicyDocument"]
    (state,) = [one for one in document["Statement"] if one["Sid"] == "KeepState"]
    state["Action"] = ["s3:*"]
    iam.put_role_policy(RoleName=UP, PolicyName=name, PolicyDocument=json.dumps(document))
    mended(ready, f"role {UP}", "its permissions: KeepState")


def test_a_policy_is_put_back_however_often_it_was_changed(aws: EmulatedAws, ready: Folder) -> None:
    iam, arn = aws.client("iam"), f"arn:aws:iam::{ACCOUNT}:policy/pulumi-vllm-read"
    for _ in range(4):
        iam.create_policy_version(PolicyArn=arn, PolicyDocument=OTHER, SetAsDefault=True)
    says = "its permissions: All, Read, ReadBuckets, ReadImageParameter, ReadNamed, ReadOwnKey"
    mended(ready, "policy pulumi-vllm-read", says)
    assert len(iam.list_policy_versions(PolicyArn=arn)["Versions"]) <= 5


def test_the_key_is_put_back(aws: EmulatedAws, ready: Folder) -> None:
    kms = aws.client("kms")
    key = kms.describe_key(KeyId="alias/pulumi-vllm")["KeyMetadata"]["KeyId"]
    kms.disable_key_rotation(KeyId=key)
    mended(ready, "key alias/pulumi-vllm", "yearly rotation on")


def test_a_provider_of_others_gets_our_audience_and_keeps_theirs(aws: EmulatedAws, ready: Folder) -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
    has = aws.client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=arn)["ClientIDList"]
    assert sorted(has) == ["sts.amazonaws.com", "theirs"]


def test_now_all_is_as_it_was(aws: EmulatedAws, ready: Folder) -> None:
    before = len(aws.calls)
    assert set(states(ready, "--yes").values()) == {"as wanted"}
    assert writes(aws, before) == []


def mended(folder: Folder, part: str, says: str) -> None:
    """This is different and nothing else: what the test before changed has been put back."""
    done = folder.ops(*ASK, "--yes", "--json")
    assert done.returncode == 0, done.stdout
    different = [one for one in json.loads(done.stdout)["parts"] if one["was"] != "as wanted"]
    assert different == [{"what": part, "was": "different", "changes": [says], "done": True}]
