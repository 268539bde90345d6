"""A KMS key of the stack's own."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.key_policy import KeyScope, key_policy
from components.aws.naming import Tags

DELETION_WINDOW_DAYS = 30  # the longest: what is encrypted with it can be read again when the deletion is cancelled


@dataclass(frozen=True, kw_only=True)
class OwnKeyArgs:
    """``protect``: the key outlives the stack, as the volumes and secrets that nobody could read without it."""

    scope: KeyScope
    protect: bool
    tags: Tags


class OwnKey(pulumi.ComponentResource):
    """A symmetric key with yearly rotation; AWS keeps the older key material, so nothing is encrypted anew."""

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: OwnKeyArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:OwnKey", name, None, opts)
        key = aws.kms.Key(
            name,
            description=f"vLLM stack {args.tags.stack}: volumes, logs, secrets, alarm topic, host scripts",
            policy=json.dumps(key_policy(args.scope)),
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_WINDOW_DAYS,
            tags=args.tags.named("key"),
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        self.arn = key.arn
        self.register_outputs({"arn": self.arn})
