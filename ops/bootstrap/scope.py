"""Where CI deploys and what it may touch there: names and ARNs for ``ops bootstrap``. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
NAME = "pulumi-vllm"
"""Of the key's alias and the roles. Not ``vllm-*``: the role that deploys may change what is called so."""

Statement = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A repository of GitHub. ``owner_id`` and ``id``: None where its tokens carry names alone."""

    owner: str
    name: str
    owner_id: str | None = None
    id: str | None = None

    @property
    def subject(self) -> str:
        """How the claim ``sub`` of a token of its workflows begins.

        docs.github.com, "OpenID Connect", immutable subject claims: repositories made or renamed since 15 July 2026
        have ``repo:OWNER@ID/NAME@ID``.
        """
        if self.owner_id is None or self.id is None:
            return f"repo:{self.owner}/{self.name}"
        return f"repo:{self.owner}@{self.owner_id}/{self.name}@{self.id}"


@dataclass(frozen=True, kw_only=True)
class Scope:
    """``region``: of the state; ``regions``: of the stacks as well, sorted. ``key_arn``: of the key for the state."""

    partition: str
    account: str
    region: str
    regions: tuple[str, ...]
    repository: Repository
    branch: str
    environments: tuple[str, ...]
    bucket: str
    key_arn: str

    def policy_arn(self, name: str) -> str:
        return f"arn:{self.partition}:iam::{self.account}:policy/{name}"

    @property
    def bucket_arn(self) -> str:
        return f"arn:{self.partition}:s3:::{self.bucket}"

    @property
    def provider_arn(self) -> str:
        return f"arn:{self.partition}:iam::{self.account}:oidc-provider/{ISSUER}"

    def role_arn(self, role: str) -> str:
        return f"arn:{self.partition}:iam::{self.account}:role/{role}"

    def arn(self, service: str, resource: str, *, region: str = "*", account: str | None = None) -> str:
        """Of something in the account, in whichever region; AnywhereElse keeps it to those of the stacks."""
        return f"arn:{self.partition}:{service}:{region}:{self.account if account is None else account}:{resource}"

    def arns(self, service: str, *resources: str) -> list[str]:
        return [self.arn(service, resource) for resource in resources]

    def named(self) -> list[str]:
        """What has the name that Pulumi gives: the logical one, which begins with vllm, and some digits."""
        return [
            self.arn("budgets", "budget/vllm-*", region=""),
            self.arn("cloudwatch", "alarm:vllm-*"),
            self.arn("cloudwatch", "dashboard/vllm-*", region=""),
            self.arn("ecr", "repository/vllm-*"),
            self.arn("events", "rule/vllm-*"),
            self.arn("iam", "instance-profile/vllm-*", region=""),
            self.arn("iam", "role/vllm-*", region=""),
            self.arn("logs", "log-group:vllm-*"),
            self.arn("secretsmanager", "secret:vllm-*"),
            self.arn("sns", "vllm-*"),
            self.arn("wafv2", "regional/webacl/vllm-*"),
        ]


def actions(service: str, names: str) -> list[str]:
    """``actions("ec2", "CreateVpc DeleteVpc")``, each with its service, sorted."""
    return sorted(f"{service}:{name}" for name in set(names.split()))


def allow(
    sid: str,
    granted: Sequence[str],
    resources: str | Sequence[str],
    *,
    equals: Mapping[str, str | Sequence[str]] | None = None,
    **conditions: Mapping[str, Any],
) -> Statement:
    """A statement; ``conditions``: operator -> keys, beside StringEquals."""
    condition = {
        **({"StringEquals": dict(equals)} if equals else {}),
        **{key: dict(c) for key, c in conditions.items()},
    }
    one = list(resources) if not isinstance(resources, str) else resources
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": sorted(set(granted)),
        "Resource": one,
        **({"Condition": condition} if condition else {}),
    }


def document(statements: Sequence[Statement]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def canonical(value: Any) -> Any:
    """A document so that two which say the same are equal: IAM takes one text for a list of one, in any order."""
    if isinstance(value, Mapping):
        return {key: canonical(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        each = [canonical(one) for one in value]
        return each[0] if len(each) == 1 and isinstance(each[0], str) else sorted(each, key=repr)
    return value
