"""Policy documents of IAM and of what has one of its own, as statements."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from policies.model import Resource

IDENTITY = {
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:iam/policy:Policy": "policy",
    "aws:iam/userPolicy:UserPolicy": "policy",
    "aws:iam/groupPolicy:GroupPolicy": "policy",
}
"""What says what a role or a user may do -> the input with the document."""
OF_RESOURCES = {
    "aws:s3/bucketPolicy:BucketPolicy": "policy",
    "aws:sns/topicPolicy:TopicPolicy": "policy",
    "aws:sns/topic:Topic": "policy",
    "aws:sqs/queuePolicy:QueuePolicy": "policy",
    "aws:kms/key:Key": "policy",
    "aws:kms/keyPolicy:KeyPolicy": "policy",
    "aws:secretsmanager/secretPolicy:SecretPolicy": "policy",
    "aws:ecr/repositoryPolicy:RepositoryPolicy": "policy",
    "aws:iam/role:Role": "assumeRolePolicy",
}
"""What says who may use a resource -> the input with the document."""


def statements(resource: Resource, key: str) -> Iterator[Mapping[str, Any]]:
    """Of the document in an input; none where it is not known yet."""
    yield from _of(resource.inputs.get(key))


def inline_statements(role: Resource) -> Iterator[Mapping[str, Any]]:
    for entry in role.entries("inlinePolicies"):
        yield from _of(entry.get("policy"))


def as_list(value: Any) -> list[str]:
    if value is None:
        return []
    return [value] if isinstance(value, str) else [str(item) for item in value]


def _of(document: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:  # not known yet
            return
    if not isinstance(document, Mapping):
        return
    given = document.get("Statement") or []
    yield from [given] if isinstance(given, Mapping) else given
