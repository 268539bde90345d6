"""What the two roles may do: what the program's provider and CI's commands call, on things of this project, no more."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import botocore.session
import pytest

from ops.bootstrap.policies import Role, preview_role, up_role
from ops.bootstrap.scope import Repository, Scope, canonical
from ops.bootstrap.writes import BESIDES
from ops.doctor.checks import CHECKS

ROOT = Path(__file__).resolve().parents[2]
CALLS = (ROOT / "tests" / "rehearsal" / "aws" / "provider_calls.txt").read_text().split()
ACCOUNT = "123456789012"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
SCOPE = Scope(
    partition="aws",
    account=ACCOUNT,
    region="us-east-1",
    regions=("eu-central-1", "us-east-1"),
    repository=Repository(owner="acme", name="llm"),
    branch="main",
    environments=("dev", "prod"),
    bucket="pulumi-vllm-state",
    key_arn=KEY,
)
PREVIEW, UP = preview_role(SCOPE), up_role(SCOPE)
# IAM quotas, "IAM and STS character limits": without white space.
MOST_INLINE, MOST_OF_A_POLICY, MOST_OF_A_TRUST = 10_240, 6_144, 2_048
PREFIXES = {"monitoring": "cloudwatch", "amp": "aps"}
RENAMED = {
    "budgets:CreateBudget": "budgets:ModifyBudget",
    "budgets:CreateNotification": "budgets:ModifyBudget",
    "budgets:DeleteBudget": "budgets:ModifyBudget",
    "budgets:DeleteNotification": "budgets:ModifyBudget",
    "budgets:UpdateBudget": "budgets:ModifyBudget",
    "budgets:DescribeBudget": "budgets:ViewBudget",
    "budgets:DescribeNotificationsForBudget": "budgets:ViewBudget",
    "budgets:DescribeSubscribersForNotification": "budgets:ViewBudget",
}
UNASKED = {
    "iam:GetUser": "the provider asks it only where sts:GetCallerIdentity is switched off, as in a rehearsal",
    "sts:GetCallerIdentity": "needs no permission",
}
READING = ("Describe", "Get", "List", "View")
# Read by `ops doctor` and `ops rollout`, which the provider does not ask.
OF_OPS = {call for check in CHECKS for call in check.calls} | {
    "autoscaling:DescribeInstanceRefreshes",
    "autoscaling:DescribeScalingActivities",
}


def granted(role: Role) -> set[str]:
    return {action for one in role.statements if one["Effect"] == "Allow" for action in canonical_list(one["Action"])}


def canonical_list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)


def in_iam(call: str) -> str:
    service, _, action = call.partition(":")
    name = f"{PREFIXES.get(service, service)}:{action}"
    return RENAMED.get(name, name)


def is_read(action: str) -> bool:
    return action.partition(":")[2].startswith(READING)


NEEDED = {in_iam(call) for call in CALLS} - UNASKED.keys()


def test_up_may_make_every_call_of_the_provider() -> None:
    assert NEEDED - granted(UP) == set()


def test_preview_may_make_every_call_that_reads() -> None:
    assert {action for action in NEEDED if is_read(action)} - granted(PREVIEW) == set()


def test_up_may_do_nothing_that_nobody_asks_for() -> None:
    rest = granted(UP) - NEEDED - BESIDES.keys() - OF_OPS
    assert {action for action in rest if not action.startswith("s3:")} == {"kms:Encrypt"}, "for the state's secrets"


def test_a_reason_is_for_something_granted() -> None:
    assert BESIDES.keys() - granted(UP) == set()


def test_up_may_make_every_call_of_doctor_and_rollout() -> None:
    assert OF_OPS - granted(UP) - UNASKED.keys() == set()


def test_preview_only_reads() -> None:
    assert {action for action in granted(PREVIEW) if not is_read(action)} == {"kms:Decrypt"}
    assert granted(PREVIEW) & {"secretsmanager:GetSecretValue", "logs:GetLogEvents", "logs:FilterLogEvents"} == set()


def test_preview_reads_no_objects_but_state_and_scripts() -> None:
    of_objects = [one for one in PREVIEW.statements if "s3:GetObject" in canonical_list(one.get("Action", []))]
    assert [one["Resource"] for one in of_objects] == [
        "arn:aws:s3:::pulumi-vllm-state/*",
        "arn:aws:s3:::vllm-scripts-*/*",
    ]


def test_nothing_is_granted_by_a_pattern() -> None:
    assert [action for role in (PREVIEW, UP) for action in granted(role) if "*" in action] == []


def test_what_is_changed_is_ours() -> None:
    """On a name that begins with vllm, on the state, on a tag of ours, or in the table of docs/delivery.md."""
    open_ = {
        one["Sid"]
        for one in UP.statements
        if one["Effect"] == "Allow"
        and not all(is_read(action) for action in canonical_list(one["Action"]))
        and not _is_ours(one)
    }
    assert open_ == {
        "ChangeRules",
        "ChangeUnscoped",
        "FirstOfTheAccount",
        "LaunchFromTemplate",
        "LetGoOfAddress",
        "MakeInAnyNetwork",
        "SeedVolume",
        "TagNew",
        "TunnelHow",
        "UseKey",
        "WriteRecords",
    }
    text = (ROOT / "docs" / "delivery.md").read_text()
    assert [sid for sid in open_ if f"`{sid}`" not in text] == []


def _is_ours(statement: dict[str, Any]) -> bool:
    tags = statement.get("Condition", {}).get("StringEquals", {})
    if any(key.lower().endswith(("resourcetag/project", "requesttag/project")) for key in tags):
        return True
    names = ("*[:/]vllm-*", f"{SCOPE.bucket_arn}*", KEY, "*:managedruleset/*", "*managedruleset/*")
    return all(any(fnmatchcase(arn, name) for name in names) for arn in canonical_list(statement["Resource"]))


@pytest.mark.parametrize("role", [PREVIEW, UP], ids=lambda role: role.name)
def test_a_role_is_no_way_to_more_rights(role: Role) -> None:
    """Neither its own role, policies, bucket policy nor the key's policy is in its reach."""
    own = [
        ("iam:PutRolePolicy", SCOPE.role_arn("pulumi-vllm-up")),
        ("iam:UpdateAssumeRolePolicy", SCOPE.role_arn("pulumi-vllm-up")),
        ("s3:PutBucketPolicy", SCOPE.bucket_arn),
        ("s3:DeleteBucket", SCOPE.bucket_arn),
        ("s3:PutLifecycleConfiguration", SCOPE.bucket_arn),
        ("s3:DeleteObjectVersion", f"{SCOPE.bucket_arn}/x"),
    ]
    assert [case for case in own if _allows(role, *case)] == []
    assert (
        granted(role) & {"iam:AttachRolePolicy", "iam:CreatePolicyVersion", "iam:CreateUser", "sts:AssumeRole"} == set()
    )
    denied = [one for one in role.statements if one["Effect"] == "Deny" and one.get("Resource") == KEY]
    assert bool(denied) == (role is UP)
    if denied:
        assert {"kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:TagResource"} <= set(denied[0]["Action"])


def _allows(role: Role, action: str, arn: str) -> bool:
    return any(
        action in canonical_list(one["Action"])
        and any(fnmatchcase(arn, resource) for resource in canonical_list(one["Resource"]))
        for one in role.statements
        if one["Effect"] == "Allow"
    )


def test_both_stay_in_the_regions_of_the_stacks() -> None:
    for role in (PREVIEW, UP):
        (here,) = [one for one in role.statements if one["Sid"] == "NowhereElse"]
        assert here["Effect"] == "Deny"
        assert here["Condition"] == {"StringNotEquals": {"aws:RequestedRegion": ["eu-central-1", "us-east-1"]}}


def test_who_may_take_them() -> None:
    assert PREVIEW.subjects == ("repo:acme/llm:pull_request", "repo:acme/llm:ref:refs/heads/main")
    assert UP.subjects == ("repo:acme/llm:environment:dev", "repo:acme/llm:environment:prod")
    for role in (PREVIEW, UP):
        (statement,) = role.trust["Statement"]
        (operator,) = statement["Condition"]
        assert operator == "StringEquals", "no pattern in who may take a role"
        condition = statement["Condition"][operator]
        assert condition["token.actions.githubusercontent.com:aud"] == "sts.amazonaws.com"
        assert "*" not in json.dumps(condition)


@pytest.mark.parametrize("role", [PREVIEW, UP], ids=lambda role: role.name)
def test_aws_has_room_for_them(role: Role) -> None:
    assert _size(role.policy) < MOST_INLINE
    assert [policy.name for policy in role.attached if _size(policy.document) >= MOST_OF_A_POLICY] == []
    assert _size(role.trust) < MOST_OF_A_TRUST
    for document in (role.policy, *(policy.document for policy in role.attached)):
        names = [one["Sid"] for one in document["Statement"]]
        assert len(names) == len(set(names)), "IAM refuses a name that comes twice"
        assert all(name.isalnum() for name in names)


def _size(document: dict[str, Any]) -> int:
    return len(json.dumps(document, separators=(",", ":")))


def test_actions_are_ones_of_their_service() -> None:
    """By the API models of the SDK; IAM's own names are listed."""
    own_names = {"budgets:ModifyBudget", "budgets:ViewBudget", "iam:PassRole", "elasticloadbalancing:SetWebACL"}
    clients = {"elasticloadbalancing": "elbv2", "aps": "amp", "servicequotas": "service-quotas"}
    session = botocore.session.get_session()
    wrong = []
    for action in sorted((granted(UP) | granted(PREVIEW)) - own_names):
        service, _, name = action.partition(":")
        if service != "s3" and name not in session.get_service_model(clients.get(service, service)).operation_names:
            wrong.append(action)
    assert wrong == []


def test_documents_that_say_the_same_are_the_same() -> None:
    assert canonical({"Action": ["a"], "Resource": ["x", "y"]}) == canonical({"Resource": ["y", "x"], "Action": "a"})
    assert canonical({"Action": ["a", "b"]}) != canonical({"Action": "a"})
