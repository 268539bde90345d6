"""The endpoint: an Application Load Balancer that forwards an allow-list of paths to healthy hosts."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.naming import Tags
from components.paths import path_rules
from components.security_groups import LISTENER_PORT, VLLM_PORT
from sizing.plan import Timers

HEALTH_PATH = "/health"
HEALTH_TIMEOUT_S = 5

NOT_FOUND = json.dumps(
    {"error": {"message": "Not found", "type": "invalid_request_error", "param": None, "code": "not_found"}}
)
"""In the shape that OpenAI clients expect of an error."""


@dataclass(frozen=True, kw_only=True)
class LoadBalancerArgs:
    """``subnet_ids``: of at least two zones; private ones for an internal load balancer."""

    internal: bool
    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_id: pulumi.Input[str]
    timers: Timers
    tags: Tags


class LoadBalancer(pulumi.ComponentResource):
    """Load balancer, target group, listener and its rules.

    ``load_balancer_dimension`` and ``target_group_dimension`` are what CloudWatch calls the two in its metrics.
    """

    dns_name: pulumi.Output[str]
    target_group_arn: pulumi.Output[str]
    load_balancer_dimension: pulumi.Output[str]
    target_group_dimension: pulumi.Output[str]

    def __init__(self, name: str, args: LoadBalancerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:LoadBalancer", name, None, opts)
        self._args = args
        balancer = self._balancer(name)
        target_group = self._target_group(name)
        listener = self._listener(name, balancer=balancer)
        for priority, paths in path_rules():
            self._forward(
                f"{name}-paths-{priority}",
                listener=listener,
                target_group=target_group,
                priority=priority,
                paths=paths,
            )
        self.dns_name = balancer.dns_name
        self.target_group_arn = target_group.arn
        self.load_balancer_dimension = balancer.arn_suffix
        self.target_group_dimension = target_group.arn_suffix
        self.register_outputs(
            {
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
            tags=self._args.tags.named("alb"),
            opts=pulumi.ResourceOptions(parent=self),
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

    def _listener(self, name: str, *, balancer: aws.lb.LoadBalancer) -> aws.lb.Listener:
        return aws.lb.Listener(
            name,
            load_balancer_arn=balancer.arn,
            port=LISTENER_PORT,
            protocol="HTTP",
            default_actions=[
                aws.lb.ListenerDefaultActionArgs(
                    type="fixed-response",
                    fixed_response=aws.lb.ListenerDefaultActionFixedResponseArgs(
                        content_type="application/json", message_body=NOT_FOUND, status_code="404"
                    ),
                )
            ],
            tags=self._args.tags.named("http"),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _forward(
        self,
        name: str,
        *,
        listener: aws.lb.Listener,
        target_group: aws.lb.TargetGroup,
        priority: int,
        paths: Sequence[str],
    ) -> None:
        aws.lb.ListenerRule(
            name,
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
