"""A stack whose hosts have no way to the internet: their way to AWS, and where in S3 the model is."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from components.aws.existing_network import ExistingNetwork
from components.aws.naming import Tags
from components.aws.network import Network
from components.aws.private_endpoints import PrivateEndpoints, PrivateEndpointsArgs
from components.aws.scripts import Scripts
from components.aws.security_groups import SecurityGroups, WayOut
from config.model_source import s3_prefix
from config.models import StackConfig
from sizing.private import interface_services, is_private


def way_out(*, config: StackConfig, network: Network | ExistingNetwork) -> WayOut | None:
    """What hosts may connect to besides the load balancer; None: every address, over HTTPS."""
    if not is_private(config):
        return None
    if isinstance(network, Network):
        return WayOut(s3_prefix_list_id=network.s3_prefix_list_id)
    found = aws.ec2.get_managed_prefix_list(name=f"com.amazonaws.{config.region}.s3")
    return WayOut(s3_prefix_list_id=found.id, endpoint_cidrs=network.cidrs)


def private_endpoints(
    *, config: StackConfig, network: Network | ExistingNetwork, groups: SecurityGroups, scripts: Scripts, tags: Tags
) -> PrivateEndpoints | None:
    """None where hosts reach the internet, and in a given network, whose endpoints are not the stack's to make."""
    if not is_private(config) or not isinstance(network, Network) or groups.endpoints_id is None:
        return None
    partition = aws.get_partition().partition
    args = PrivateEndpointsArgs(
        vpc_id=network.vpc_id,
        subnet_ids=network.private_subnet_ids,
        security_group_id=groups.endpoints_id,
        services=interface_services(config),
        s3_endpoint_id=network.s3_endpoint_id,
        readable=[scripts.bucket_arn.apply(lambda arn: f"{arn}/*"), *_model(config, partition=partition)],
        region=config.region,
        account=aws.get_caller_identity().account_id,
        partition=partition,
        tags=tags,
    )
    return PrivateEndpoints("vllm-private", args)


def model_arn(config: StackConfig, *, partition: str) -> str | None:
    """Of the prefix with the model's files; None for a model of HuggingFace."""
    if config.model.source is None:
        return None
    found = s3_prefix(config.model.source)
    return f"arn:{partition}:s3:::{found.bucket}/{found.prefix}"


def _model(config: StackConfig, *, partition: str) -> list[pulumi.Input[str]]:
    arn = model_arn(config, partition=partition)
    return [] if arn is None else [f"{arn}/*", arn.partition("/")[0]]
