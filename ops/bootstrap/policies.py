"""Every document that ``ops bootstrap`` puts into AWS: the bucket's and the key's policy, and the two roles. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ops.bootstrap.network import hosts, network
from ops.bootstrap.reads import reads
from ops.bootstrap.scope import AUDIENCE, ISSUER, NAME, Scope, Statement, actions, allow, document
from ops.bootstrap.writes import writes

HOUR_S = 3600
_GLOBAL = ("budgets:*", "iam:*", "route53:*", "sts:*")  # these live in one region whatever the stack's


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A policy of its own, which roles have in common, or which one role has no room for."""

    name: str
    document: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Role:
    """``max_session_s``: how long one run of a workflow may go on with it. ``attached``: beside its own ``policy``."""

    name: str
    description: str
    max_session_s: int
    subjects: tuple[str, ...]
    trust: dict[str, Any]
    policy: dict[str, Any]
    attached: tuple[Policy, ...]

    @property
    def statements(self) -> list[Statement]:
        """All that it has."""
        documents = [*(policy.document for policy in self.attached), self.policy]
        return [statement for each in documents for statement in each["Statement"]]


def read_policy(scope: Scope) -> Policy:
    return Policy(name=f"{NAME}-read", document=document(reads(scope)))


def ec2_policy(scope: Scope) -> Policy:
    return Policy(name=f"{NAME}-ec2", document=document([*network(scope), *hosts(scope)]))


def preview_role(scope: Scope) -> Role:
    """Of pull requests and of the nightly comparison: it reads, also the state, and writes nothing."""
    subjects = (
        f"{scope.repository.subject}:pull_request",
        f"{scope.repository.subject}:ref:refs/heads/{scope.branch}",
    )
    state = [
        allow("ListState", ["s3:ListBucket"], scope.bucket_arn),
        allow("ReadState", ["s3:GetObject"], f"{scope.bucket_arn}/*"),
        allow("OpenState", ["kms:Decrypt", "kms:DescribeKey"], scope.key_arn),
        allow(
            "ReadScripts", actions("s3", "GetObject GetObjectTagging"), f"arn:{scope.partition}:s3:::vllm-scripts-*/*"
        ),
    ]
    return Role(
        name=f"{NAME}-preview",
        description="CI: pulumi preview, reads only",
        max_session_s=HOUR_S,
        subjects=subjects,
        trust=trust(scope, subjects),
        policy=document([*state, _here_only(scope)]),
        attached=(read_policy(scope),),
    )


def up_role(scope: Scope) -> Role:
    """Of deployments: workflow runs in one of the environments, whose rules GitHub keeps."""
    subjects = tuple(f"{scope.repository.subject}:environment:{name}" for name in scope.environments)
    state = [
        allow("ListState", ["s3:ListBucket"], scope.bucket_arn),
        # No version is ever deleted by it: what it overwrites or deletes can be had back for 90 days.
        allow("KeepState", actions("s3", "DeleteObject GetObject PutObject"), f"{scope.bucket_arn}/*"),
        allow("OpenState", actions("kms", "Decrypt DescribeKey Encrypt GenerateDataKey"), scope.key_arn),
    ]
    return Role(
        name=f"{NAME}-up",
        description="CI: pulumi up, of what the vllm program makes",
        max_session_s=3 * HOUR_S,
        subjects=subjects,
        trust=trust(scope, subjects),
        policy=document([*writes(scope), *state, _here_only(scope)]),
        attached=(read_policy(scope), ec2_policy(scope)),
    )


def trust(scope: Scope, subjects: tuple[str, ...]) -> dict[str, Any]:
    """Who may take a role: workflow runs with exactly these subjects."""
    statement: Statement = {
        "Effect": "Allow",
        "Principal": {"Federated": scope.provider_arn},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {f"{ISSUER}:aud": AUDIENCE, f"{ISSUER}:sub": sorted(subjects)}},
    }
    return document([statement])


def _here_only(scope: Scope) -> Statement:
    return {
        "Sid": "NowhereElse",
        "Effect": "Deny",
        "NotAction": list(_GLOBAL),
        "Resource": "*",
        "Condition": {"StringNotEquals": {"aws:RequestedRegion": list(scope.regions)}},
    }


def bucket_policy(scope: Scope) -> dict[str, Any]:
    """TLS only, and the bucket stays: who wants it gone takes this policy away first."""
    both = [scope.bucket_arn, f"{scope.bucket_arn}/*"]
    plain = {"Bool": {"aws:SecureTransport": "false"}}
    return document(
        [
            {**_deny("TlsOnly", "s3:*", both), "Condition": plain},
            _deny("StaysThere", "s3:DeleteBucket", scope.bucket_arn),
        ]
    )


def key_policy(scope: Scope) -> dict[str, Any]:
    """That of a new key: IAM policies of the account decide. KMS developer guide, "Default key policy"."""
    root = f"arn:{scope.partition}:iam::{scope.account}:root"
    statement: Statement = {
        "Sid": "IamPolicies",
        "Effect": "Allow",
        "Principal": {"AWS": root},
        "Action": "kms:*",
        "Resource": "*",
    }
    return document([statement])


def _deny(sid: str, action: str, resources: str | list[str]) -> Statement:
    return {"Sid": sid, "Effect": "Deny", "Principal": "*", "Action": action, "Resource": resources}
