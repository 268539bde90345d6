"""The endpoint: an Application Load Balancer that forwards an allow-list of paths to healthy hosts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.listeners import Listeners
from components.aws.naming import Tags
from components.aws.path_rules import path_rules
from components.aws.security_groups import VLLM_PORT
from sizing.plan import Timers

HEALTH_PATH = "/health"
HEALTH_TIMEOUT_S = 5


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs:
    """``subnet_ids``: of at least two zones; private ones for an internal load balancer.

    ``certificate_arn``: serve over HTTPS and redirect HTTP there. ``domain``: the name that the certificate is for;
    None: clients use the load balancer's own. ``deletion_protection``: neither Pulumi nor AWS deletes it.
    ``log_bucket``: where its access logs go.
    """

    internal: bool
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_id: pulumi.Input[str]
    certificate_arn: pulumi.Input[str] | None
    log_bucket: pulumi.Input[str] | None
    domain: str | None
    deletion_protection: bool
    timers: Timers
    tags: Tags


class LoadBalancer(pulumi.ComponentResource):
    """Load balancer, target group, listeners and their rules.

    ``endpoint`` is the base URL for OpenAI clients. ``load_balancer_dimension`` and ``target_group_dimension`` are what
    CloudWatch calls the two in its metrics. ``zone_id``: of the zone that AWS keeps ``dns_name`` in.
    """

    arn: pulumi.Output[str]
    zone_id: pulumi.Output[str]
    endpoint: pulumi.Output[str]
    dns_name: pulumi.Output[str]
    target_group_arn: pulumi.Output[str]
    load_balancer_dimension: pulumi.Output[str]
    target_group_dimension: pulumi.Output[str]

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:LoadBalancer", name, None, opts)
        self._args = args
        balancer = self._balancer(name)
        target_group = self._target_group(name)
        listeners = Listeners(name=name, parent=self, balancer_arn=balancer.arn, tags=args.tags)
        if args.certificate_arn is None:
            self._forward(name, listener=listeners.http(), target_group=target_group)
        else:
            https = listeners.https(certificate_arn=args.certificate_arn)
            rules = self._forward(name, listener=https, target_group=target_group)
            listeners.redirect(after=rules)
        scheme = "http" if args.certificate_arn is None else "https"
        self.arn, self.zone_id = balancer.arn, balancer.zone_id
        self.dns_name = balancer.dns_name
        self.endpoint = pulumi.Output.concat(scheme, "://", args.domain or balancer.dns_name, "/v1")
        self.target_group_arn = target_group.arn
        self.load_balancer_dimension = balancer.arn_suffix
        self.target_group_dimension = target_group.arn_suffix
        self.register_outputs(
            {
                "endpoint": self.endpoint,
                "dns_name": self.dns_name,
                "target_group_arn": self.target_group_arn,
                "load_balancer_dimension": self.load_balancer_dimension,
                "target_group_dimension": self.target_group_dimension,
            }
        )

    def _balancer(self, name: str) -> aws.lb.LoadBalancer:
        return aws.lb.LoadBalancer(
            name,
            load_balancer_type="application",
            internal=self._args.internal,
            subnets=list(self._args.subnet_ids),
            security_groups=[self._args.security_group_id],
            idle_timeout=self._args.timers.idle_timeout_s,
            drop_invalid_header_fields=True,
            desync_mitigation_mode="defensive",
            enable_deletion_protection=self._args.deletion_protection,
            access_logs=None
            if self._args.log_bucket is None
            else aws.lb.LoadBalancerAccessLogsArgs(bucket=self._args.log_bucket, enabled=True),
            tags=self._args.tags.named("alb"),
            opts=pulumi.ResourceOptions(
                parent=self,
                # Protected here as well, so that a preview refuses what AWS would refuse half-way.
                protect=self._args.deletion_protection,
                # AWS never moves one to another VPC, yet the provider previews that as new subnets in place.
                replacement_trigger=self._args.vpc_id,
            ),
        )

    def _target_group(self, name: str) -> aws.lb.TargetGroup:
        timers = self._args.timers
        return aws.lb.TargetGroup(
            name,
            vpc_id=self._args.vpc_id,
            target_type="instance",
            port=VLLM_PORT,
            protocol="HTTP",
            # Requests differ a hundredfold in cost, so counting them round robin piles the long ones on one host.
            load_balancing_algorithm_type="least_outstanding_requests",
            deregistration_delay=timers.deregistration_delay_s,
            health_check=aws.lb.TargetGroupHealthCheckArgs(
                path=HEALTH_PATH,
                matcher="200",
                interval=timers.health_interval_s,
                timeout=HEALTH_TIMEOUT_S,
                healthy_threshold=timers.healthy_threshold,
                unhealthy_threshold=timers.unhealthy_threshold,
            ),
            tags=self._args.tags.named("hosts"),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _forward(
        self, name: str, *, listener: aws.lb.Listener, target_group: aws.lb.TargetGroup
    ) -> list[aws.lb.ListenerRule]:
        return [
            aws.lb.ListenerRule(
                f"{name}-paths-{priority}",
                listener_arn=listener.arn,
                priority=priority,
                conditions=[
                    aws.lb.ListenerRuleConditionArgs(
                        path_pattern=aws.lb.ListenerRuleConditionPathPatternArgs(values=list(paths))
                    )
                ],
                actions=[aws.lb.ListenerRuleActionArgs(type="forward", target_group_arn=target_group.arn)],
                tags=self._args.tags.named(f"paths-{priority}"),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for priority, paths in path_rules()
        ]
