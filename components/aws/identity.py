"""The hosts' identity: a role that only EC2 may take, with one inline policy."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.host_policy import HostScope, host_policy
from components.aws.naming import Tags

_TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ec2.amazonaws.com"}},
    ],
}


@dataclass(frozen=True, kw_only=True)
class IdentityArgs:
    """``account`` and ``partition``: where the stack is deployed; ``user_tag_keys``: those of ``vllm:tags``.

    ``image_repository_arn``: None when the image is not in ECR; ``imports_image``: ECR fetches it at the first pull.
    ``workspace_arn``: where hosts write samples for Prometheus, None: nowhere. ``kms_key_arn``: None for AWS's keys.
    ``model_arn``: of the prefix in S3 that hosts copy the model from, None: they ask HuggingFace.
    """

    stack: str
    region: str
    account: str
    partition: str
    bucket_arn: pulumi.Input[str]
    api_keys_secret_arn: pulumi.Input[str]
    hf_token_secret_arn: pulumi.Input[str]
    log_group_arn: pulumi.Input[str]
    target_group_arn: pulumi.Input[str]
    user_tag_keys: tuple[str, ...]
    tags: Tags
    image_repository_arn: pulumi.Input[str] | None = None
    imports_image: bool = False
    workspace_arn: pulumi.Input[str] | None = None
    kms_key_arn: pulumi.Input[str] | None = None
    model_arn: str | None = None


class Identity(pulumi.ComponentResource):
    """Role, inline policy and instance profile."""

    role_arn: pulumi.Output[str]
    instance_profile_arn: pulumi.Output[str]

    def __init__(self, name: str, args: IdentityArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:Identity", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = aws.iam.Role(
            name,
            assume_role_policy=json.dumps(_TRUST),
            description=f"vLLM hosts of stack {args.stack}",
            tags=args.tags.named("host"),
            opts=child,
        )
        aws.iam.RolePolicy(name, role=role.id, policy=_policy_text(args), opts=child)
        profile = aws.iam.InstanceProfile(name, role=role.name, tags=args.tags.named("host"), opts=child)
        self.role_arn = role.arn
        self.instance_profile_arn = profile.arn
        self.register_outputs({"role_arn": self.role_arn, "instance_profile_arn": self.instance_profile_arn})


def _policy_text(args: IdentityArgs) -> pulumi.Output[str]:
    def render(arns: list[str]) -> str:
        bucket_arn, api_keys_secret_arn, hf_token_secret_arn, log_group_arn, target_group_arn, *optional = arns
        image_arn, workspace_arn, kms_key_arn = optional
        scope = HostScope(
            stack=args.stack,
            region=args.region,
            account=args.account,
            partition=args.partition,
            bucket_arn=bucket_arn,
            secret_arns=(api_keys_secret_arn, hf_token_secret_arn),
            log_group_arn=log_group_arn,
            target_group_arn=target_group_arn,
            user_tag_keys=args.user_tag_keys,
            image_repository_arn=image_arn,
            imports_image=args.imports_image,
            workspace_arn=workspace_arn,
            kms_key_arn=kms_key_arn,
            model_arn=args.model_arn,
        )
        return json.dumps(host_policy(scope))

    return pulumi.Output.all(
        args.bucket_arn,
        args.api_keys_secret_arn,
        args.hf_token_secret_arn,
        args.log_group_arn,
        args.target_group_arn,
        args.image_repository_arn,
        args.workspace_arn,
        args.kms_key_arn,
    ).apply(render)
