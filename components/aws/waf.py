"""The firewall before the load balancer, for who asks for it. It has no log: a log would hold headers, and so keys."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import wafv2 as waf

from components.aws.naming import Tags
from components.aws.waf_rules import Limits, response_bodies, rules


@dataclass(frozen=True, kw_only=True)
class FirewallArgs:
    stack: str
    balancer_arn: pulumi.Input[str]
    limits: Limits
    tags: Tags


class Firewall(pulumi.ComponentResource):
    """A web ACL of the region and its place before the load balancer. What no rule refuses passes."""

    def __init__(self, name: str, args: FirewallArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:Firewall", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        metrics = f"vllm-{args.stack}"
        acl = waf.WebAcl(
            name,
            scope="REGIONAL",
            default_action=waf.WebAclDefaultActionArgs(allow=waf.WebAclDefaultActionAllowArgs()),
            rules=rules(args.limits, metrics=metrics),
            custom_response_bodies=response_bodies(),
            visibility_config=waf.WebAclVisibilityConfigArgs(
                cloudwatch_metrics_enabled=True, metric_name=metrics, sampled_requests_enabled=False
            ),
            tags=args.tags.named("firewall"),
            opts=child,
        )
        waf.WebAclAssociation(name, resource_arn=args.balancer_arn, web_acl_arn=acl.arn, opts=child)
        self.register_outputs({"acl_arn": acl.arn})
