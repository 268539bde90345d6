"""Amazon Managed Service for Prometheus, where the stack asks for it: a workspace, and in it the rules and their way to
the stack's topic. Hosts write to the workspace themselves (``userdata/remote_write.py``)."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.naming import Tags
from monitoring.alertmanager import alert_manager_definition

RULES_NAME = "vllm"


@dataclass(frozen=True, kw_only=True)
class PrometheusArgs:
    stack: str
    tags: Tags


class Prometheus(pulumi.ComponentResource):
    """The workspace. Its metrics, which AWS keeps for 150 days, go with the stack."""

    workspace_id: pulumi.Output[str]
    arn: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    remote_write_url: pulumi.Output[str]

    def __init__(self, name: str, args: PrometheusArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:Prometheus", name, None, opts)
        workspace = aws.amp.Workspace(
            name,
            alias=f"vllm-{args.stack}",
            tags=args.tags.named("metrics"),
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.workspace_id = workspace.id
        self.arn = workspace.arn
        # It ends in a slash: https://aps-workspaces.REGION.amazonaws.com/workspaces/ID/
        self.endpoint = workspace.prometheus_endpoint
        self.remote_write_url = self.endpoint.apply(remote_write_url)
        self.register_outputs(
            {
                "workspace_id": self.workspace_id,
                "arn": self.arn,
                "endpoint": self.endpoint,
                "remote_write_url": self.remote_write_url,
            }
        )


@dataclass(frozen=True, kw_only=True)
class PrometheusAlertsArgs:
    """``rules``: the text of a rule file."""

    region: str
    workspace_id: pulumi.Input[str]
    topic_arn: pulumi.Input[str]
    rules: pulumi.Input[str]
    tags: Tags


class PrometheusAlerts(pulumi.ComponentResource):
    """The rules that the workspace evaluates, and whom its alert manager tells."""

    def __init__(self, name: str, args: PrometheusAlertsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:PrometheusAlerts", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        aws.amp.AlertManagerDefinition(
            name,
            workspace_id=args.workspace_id,
            definition=pulumi.Output.from_input(args.topic_arn).apply(
                lambda topic: alert_manager_definition(topic_arn=topic, region=args.region)
            ),
            opts=child,
        )
        rules = aws.amp.RuleGroupNamespace(
            name,
            name=RULES_NAME,
            workspace_id=args.workspace_id,
            data=args.rules,
            tags=args.tags.named("rules"),
            opts=child,
        )
        self.register_outputs({"rules": rules.name})


def remote_write_url(endpoint: str) -> str:
    """Where hosts send samples; ``endpoint`` of the workspace."""
    return f"{endpoint.rstrip('/')}/api/v1/remote_write"
