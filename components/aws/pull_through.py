"""A cache of Docker Hub in the account's own registry: hosts pull from ECR, which pulls what it lacks."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

DOCKER_HUB = "registry-1.docker.io"
PREFIX_MAX_LENGTH = 30  # CreatePullThroughCacheRule


@dataclass(frozen=True, kw_only=True)
class PullThroughArgs:
    """``credential_arn``: a secret with a Docker Hub name and token, which ECR reads and hosts do not."""

    stack: str
    credential_arn: str


class PullThrough(pulumi.ComponentResource):
    """One rule. ``prefix`` is the first part of the names of what comes through it.

    ECR makes a repository for each image at its first pull; they are not the stack's, so they outlive it.
    """

    prefix: pulumi.Output[str]

    def __init__(self, name: str, args: PullThroughArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:PullThrough", name, None, opts)
        rule = aws.ecr.PullThroughCacheRule(
            name,
            ecr_repository_prefix=repository_prefix(args.stack),
            upstream_registry_url=DOCKER_HUB,
            credential_arn=args.credential_arn,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.prefix = rule.ecr_repository_prefix
        self.register_outputs({"prefix": self.prefix})


def repository_prefix(stack: str) -> str:
    """``vllm-<stack>`` as ECR takes it: lower case, single separators, at most 30 characters. A name that does not fit
    ends in 6 digits of its hash, so that two stacks never share a rule."""
    wanted = f"vllm-{stack}"
    legal = re.sub(r"[^a-z0-9]+", "-", wanted.lower()).strip("-")
    if legal == wanted and len(legal) <= PREFIX_MAX_LENGTH:
        return legal
    digits = hashlib.sha256(wanted.encode()).hexdigest()[:6]
    return f"{legal[: PREFIX_MAX_LENGTH - 7].rstrip('-')}-{digits}"


def cached_reference(reference: str, *, registry: str, prefix: str) -> str:
    """What hosts pull in place of a Docker Hub ``reference``; Docker's own images are in ``library`` there."""
    path = re.sub(r"^(docker\.io|index\.docker\.io|registry-1\.docker\.io)/", "", reference)
    return f"{registry}/{prefix}/{path if '/' in path else f'library/{path}'}"
