"""Each permission is there for a call, and each call has its permission: of hosts in every variant, and of whatever
else a policy of a stack lets in."""

from __future__ import annotations

import ast
import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import MISSING, fields, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from components.aws.host_policy import HostScope, host_policy
from rehearsal.graph.model import Resource
from tests.components.aws.needs import NEEDS, SERVICES, Need
from tests.components.aws.test_host_policy import SCOPE
from tests.program.cases import load_case

FILES = Path(__file__).resolve().parents[3] / "userdata" / "files"
OPTIONAL: dict[str, tuple[Any, Any]] = {
    "image_repository_arn": (None, "arn:aws:ecr:eu-central-1:123456789012:repository/vllm"),
    "imports_image": (False, True),
    "kms_key_arn": (None, "arn:aws:kms:eu-central-1:123456789012:key/01234567-89ab-cdef-0123-456789abcdef"),
    "model_arn": (None, "arn:aws:s3:::models/llama"),
    "workspace_arn": (None, "arn:aws:aps:eu-central-1:123456789012:workspace/ws-0"),
    "user_tag_keys": ((), ("team",)),
}
"""What a stack may have or not, as a field of HostScope."""
SAME_NAME = {"elbv2": "elasticloadbalancing", "s3api": "s3"}
OTHER_NAME = {
    "s3:Cp": ("s3:GetObject",),
    "s3:Sync": ("s3:GetObject", "s3:ListBucket"),
    "s3:ListObjectsV2": ("s3:ListBucket",),
    "ecr:GetLoginPassword": ("ecr:GetAuthorizationToken",),
    "PutMetricData": ("cloudwatch:PutMetricData",),
    "PutLogEvents": ("logs:PutLogEvents",),
    "CreateLogStream": ("logs:CreateLogStream",),
}
"""Commands and actions that are known to IAM by another name."""
COMMANDS = (
    "autoscaling",
    "cloudwatch",
    "ec2",
    "ecr",
    "elbv2",
    "kms",
    "logs",
    "s3",
    "s3api",
    "secretsmanager",
    "ssm",
    "sts",
)
"""Of the AWS CLI: words that begin a call in a list of arguments."""
CASES = ("dev", "prod", "internet", "watched", "own-key-kept", "pull-through", "private-prometheus")


def granted(scope: HostScope) -> set[str]:
    return {action for statement in host_policy(scope)["Statement"] for action in statement["Action"]}


def scopes() -> Iterator[HostScope]:
    """Every combination of what a stack may have."""
    for values in itertools.product(*OPTIONAL.values()):
        chosen = dict(zip(OPTIONAL, values, strict=True))
        if chosen["image_repository_arn"] or not chosen["imports_image"]:
            yield replace(SCOPE, **chosen)


def is_needed(need: Need, scope: HostScope) -> bool:
    return not need.only_with or any(getattr(scope, name) for name in need.only_with)


@cache
def calls() -> dict[str, set[str]]:
    """Action -> the files that make the call."""
    found: dict[str, set[str]] = {}
    for path in sorted(FILES.rglob("*")):
        if path.suffix in (".sh", ".py"):
            for action in shell_calls(path) if path.suffix == ".sh" else python_calls(path):
                found.setdefault(action, set()).add(str(path.relative_to(FILES)))
    return found


def shell_calls(path: Path) -> Iterator[str]:
    code = "\n".join(
        line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("#")
    )
    for service, verb in re.findall(r"\baws ([a-z0-9]+) ([a-z][a-z0-9-]+)", code):
        yield from iam_names(service, verb)


def python_calls(path: Path) -> Iterator[str]:
    """``.call("PutLogEvents", ...)``, and arguments of the AWS CLI, in a list or in a call."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "call":
            yield from (name for text in texts(node.args[:1]) for name in OTHER_NAME.get(text, (text,)))
        arguments = node.args if isinstance(node, ast.Call) else getattr(node, "elts", [])
        words = [word for word in texts(arguments) if word != "aws"]
        if len(words) > 1 and words[0] in COMMANDS:
            yield from iam_names(words[0], words[1])


def texts(nodes: list[ast.expr]) -> list[str]:
    return [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]


def iam_names(service: str, verb: str) -> tuple[str, ...]:
    name = f"{SAME_NAME.get(service, service)}:{''.join(word.capitalize() for word in verb.split('-'))}"
    return OTHER_NAME.get(name, (name,))


def test_the_table_is_exactly_what_is_granted_in_every_variant() -> None:
    for scope in scopes():
        needed = {action for action, need in NEEDS.items() if is_needed(need, scope)}
        chosen = {name: getattr(scope, name) for name in OPTIONAL}
        assert granted(scope) == needed, f"granted without a need, or needed and not granted: {chosen}"


def test_everything_that_a_stack_may_have_is_in_the_variants() -> None:
    assert {field.name for field in fields(HostScope) if field.default is not MISSING} | {"user_tag_keys"} == set(
        OPTIONAL
    )


@pytest.mark.parametrize("action", NEEDS)
def test_each_permission_is_for_a_call_that_is_made(action: str) -> None:
    need = NEEDS[action]
    assert set(need.files) == calls().get(action, set())
    assert need.files or len(need.by.split()) > 4, "no file calls it: say who does"


def test_each_call_has_its_permission() -> None:
    assert len(calls()) > 20
    assert set(calls()) <= set(NEEDS)


def test_without_tags_of_the_user_a_host_writes_no_tag_of_its_own_accord() -> None:
    """The action stays, for the scratch volume alone: test_host_policy has its conditions."""
    untagged = host_policy(replace(SCOPE, user_tag_keys=()))["Statement"]
    assert [item["Sid"] for item in untagged if "ec2:CreateTags" in item["Action"]] == ["TagScratch"]


def test_no_action_is_a_pattern() -> None:
    assert not [action for action in NEEDS if "*" in action]


def documents(name: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Kind of resource and each statement of a policy that lets somebody in."""
    for resource in load_case(name).graph:
        for text in policy_texts(resource):
            for statement in json.loads(text)["Statement"]:
                if statement["Effect"] == "Allow" and "Principal" in statement:
                    yield resource.type.rpartition(":")[2], statement


def policy_texts(resource: Resource) -> Iterator[str]:
    for key in ("policy", "assumeRolePolicy"):
        value = resource.inputs.get(key)
        if isinstance(value, str) and resource.type.startswith("aws:"):
            yield value


def who(statement: dict[str, Any]) -> str:
    """The service or the role; ``account`` for all that its IAM policies name."""
    principal = statement["Principal"]
    if principal == "*":
        return (
            "account" if "aws:PrincipalAccount" in statement.get("Condition", {}).get("StringEquals", {}) else "anyone"
        )
    if "Service" in principal:
        return str(principal["Service"])
    if principal["AWS"] == "*":
        return str(statement["Condition"]["ArnEquals"]["aws:PrincipalArn"]).rpartition("/")[2]
    return "account" if principal["AWS"].endswith(":root") else str(principal["AWS"])


def test_whoever_a_policy_lets_in_has_a_reason_and_each_reason_somebody() -> None:
    found = {(kind, who(statement)) for name in CASES for kind, statement in documents(name)}
    assert found == set(SERVICES)


def test_hosts_have_the_only_role() -> None:
    for name in CASES:
        graph = load_case(name).graph
        assert [role.name for role in graph.of_type("aws:iam/role:Role")] == ["vllm-host"]
        assert [policy.name for policy in graph.of_type("aws:iam/rolePolicy:RolePolicy")] == ["vllm-host"]
        assert not [item.type for item in graph if item.type.startswith("aws:iam/") and "ttachment" in item.type]
