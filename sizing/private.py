"""Hosts without a way to the internet: the private endpoints over which they reach AWS."""

from __future__ import annotations

from collections.abc import Iterator

from config.models import StackConfig
from sizing.plan import Finding
from sizing.zones import zones_of_network

SERVICES = (
    *("autoscaling", "ec2", "ecr.api", "ecr.dkr", "elasticloadbalancing", "logs", "monitoring"),
    *("secretsmanager", "ssm", "ssmmessages"),
)
"""By their name in ``com.amazonaws.REGION.NAME`` (VPC, "AWS services that integrate with AWS PrivateLink"): what hosts
call, and what Session Manager needs for `ops tunnel`. S3 has a gateway endpoint, which is free. Neither STS nor KMS is
among them: the role's keys come from the metadata service, and EC2, S3 and Secrets Manager call KMS themselves."""
METRICS = "aps-workspaces"  # where the Prometheus agent writes


def is_private(config: StackConfig) -> bool:
    return config.network.egress == "endpoints"


def interface_services(config: StackConfig) -> tuple[str, ...]:
    """The interface endpoints that hosts of this stack need, sorted; none where they reach the internet."""
    if not is_private(config):
        return ()
    more = (METRICS,) if config.monitoring.prometheus == "amp" else ()
    return tuple(sorted((*SERVICES, *more)))


def interface_addresses(config: StackConfig) -> int:
    """What is paid by the hour: each endpoint in each zone. A given network has its own."""
    if config.network.mode == "existing":
        return 0
    return len(interface_services(config)) * zones_of_network(config)


def about_private_hosts(config: StackConfig) -> Iterator[Finding]:
    if not is_private(config):
        return
    if config.network.mode == "existing":
        names = ", ".join(interface_services(config))
        yield Finding(
            level="WARNING",
            id="endpoints-of-others",
            message=f"hosts reach AWS over endpoints that the network must have, and this stack makes none: gateway "
            f"s3; interface, with private DNS, open on 443 to the VPC, {names} (com.amazonaws.{config.region}.NAME)",
        )
    if config.image.pull_through is not None:
        yield Finding(
            level="WARNING",
            id="first-pull-from-outside",
            message="ECR does not fetch from Docker Hub for a host without the internet (AWS: a first pull through the "
            "cache needs NAT): before hosts boot, and after each change of the image, pull it once yourself, "
            "docs/private-hosts.md",
        )
