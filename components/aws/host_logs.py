"""Where hosts write what happened at boot and at their end."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.naming import Tags


@dataclass(frozen=True, kw_only=True)
class HostLogsArgs:
    """``retention_days``: one of the values that CloudWatch Logs takes.

    ``kms_key_arn``: of the key for what is written from now on.
    """

    retention_days: int
    tags: Tags
    kms_key_arn: pulumi.Input[str] | None = None


class HostLogs(pulumi.ComponentResource):
    """One log group; each host has its own stream."""

    log_group: pulumi.Output[str]
    log_group_arn: pulumi.Output[str]

    def __init__(self, name: str, args: HostLogsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:HostLogs", name, None, opts)
        group = aws.cloudwatch.LogGroup(
            name,
            retention_in_days=args.retention_days,
            kms_key_id=args.kms_key_arn,
            tags=args.tags.named("hosts"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.log_group = group.name
        self.log_group_arn = group.arn
        self.register_outputs({"log_group": self.log_group, "log_group_arn": self.log_group_arn})
