"""How hosts reach AWS in a network without a way to the internet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.endpoint_policies import own_account_only, reading_s3
from components.aws.naming import Tags


@dataclass(frozen=True, kw_only=True)
class PrivateEndpointsArgs:
    """``services``: names as in ``com.amazonaws.REGION.NAME``; each must be plain, as it makes a resource.

    ``s3_endpoint_id``: of the network's gateway endpoint; ``readable``: ARNs in S3 that hosts read.
    """

    vpc_id: pulumi.Input[str]
    subnet_ids: Sequence[pulumi.Input[str]]
    security_group_id: pulumi.Input[str]
    services: Sequence[str]
    s3_endpoint_id: pulumi.Input[str]
    readable: Sequence[pulumi.Input[str]]
    region: str
    account: str
    partition: str
    tags: Tags


class PrivateEndpoints(pulumi.ComponentResource):
    """An interface endpoint per service, with an address in each subnet, and what may be read through that of S3.

    With private DNS: the usual names of the services lead there, and no caller is told anything.
    """

    endpoint_ids: Sequence[pulumi.Output[str]]

    def __init__(self, name: str, args: PrivateEndpointsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:PrivateEndpoints", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        policy = json.dumps(own_account_only(account=args.account))
        made = [_interface(service, name=name, args=args, policy=policy, opts=child) for service in args.services]
        aws.ec2.VpcEndpointPolicy(f"{name}-s3", vpc_endpoint_id=args.s3_endpoint_id, policy=_s3(args), opts=child)
        self.endpoint_ids = [endpoint.id for endpoint in made]
        self.register_outputs({"endpoint_ids": self.endpoint_ids})


def _interface(
    service: str, *, name: str, args: PrivateEndpointsArgs, policy: str, opts: pulumi.ResourceOptions
) -> aws.ec2.VpcEndpoint:
    part = service.replace(".", "-")
    return aws.ec2.VpcEndpoint(
        f"{name}-{part}",
        vpc_id=args.vpc_id,
        service_name=f"com.amazonaws.{args.region}.{service}",
        vpc_endpoint_type="Interface",
        subnet_ids=args.subnet_ids,
        security_group_ids=[args.security_group_id],
        private_dns_enabled=True,
        policy=policy,
        tags=args.tags.named(part),
        opts=opts,
    )


def _s3(args: PrivateEndpointsArgs) -> pulumi.Output[str]:
    def render(readable: list[str]) -> str:
        policy = reading_s3(account=args.account, region=args.region, partition=args.partition, readable=readable)
        return json.dumps(policy)

    return pulumi.Output.all(*args.readable).apply(render)
