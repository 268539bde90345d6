"""Who may talk to whom: clients to the load balancer, the load balancer to hosts, hosts out over HTTPS; and where the
user has a Prometheus, that to the hosts' metrics."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from components.aws.naming import Tags
from config.scrapers import is_security_group
from monitoring.rules import METRICS_PORT

VLLM_PORT = 8000
HTTP_PORT = 80
HTTPS_PORT = 443
_PURPOSES = {
    HTTP_PORT: "HTTP to the endpoint",
    HTTPS_PORT: "HTTPS",
    VLLM_PORT: "Requests to vLLM",
    METRICS_PORT: "Metrics of the hosts",
}
"""What the console shows beside a rule; unlike a group's, a rule's description changes in place."""


@dataclass(frozen=True, kw_only=True)
class WayOut:
    """Of hosts that do not reach the internet: S3's addresses, and private endpoints.

    ``endpoint_cidrs``: where those are that someone else made; empty: the stack's own, which get a group here.
    """

    s3_prefix_list_id: pulumi.Input[str]
    endpoint_cidrs: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class SecurityGroupsArgs:
    """``client_cidrs``, ``scrape_from`` and ``https`` decide how many rules there are, so they must be plain.

    ``https``: the load balancer serves on 443, and 80 redirects there. ``scrape_from``: networks and ids of security
    groups that may read the hosts' metrics. ``way_out`` None: hosts connect to any address.
    """

    vpc_id: pulumi.Input[str]
    client_cidrs: Sequence[str]
    https: bool
    tags: Tags
    scrape_from: Sequence[str] = ()
    way_out: WayOut | None = None


class SecurityGroups(pulumi.ComponentResource):
    """One group for the load balancer, one for the hosts. Rules are resources of their own: the two groups name
    each other, which inline rules cannot do."""

    load_balancer_id: pulumi.Output[str]
    host_id: pulumi.Output[str]
    endpoints_id: pulumi.Output[str] | None

    def __init__(self, name: str, args: SecurityGroupsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:SecurityGroups", name, None, opts)
        self._args = args
        # AWS cannot change a description: a new text replaces the group and everything in it.
        load_balancer = self._group(f"{name}-alb", part="alb", description="vLLM load balancer")
        host = self._group(f"{name}-host", part="host", description="vLLM hosts")
        for index, cidr in enumerate(args.client_cidrs):
            self._ingress(f"{name}-alb-clients-{index}", into=load_balancer, port=HTTP_PORT, cidr=cidr)
            if args.https:
                self._ingress(f"{name}-alb-clients-https-{index}", into=load_balancer, port=HTTPS_PORT, cidr=cidr)
        self._egress(f"{name}-alb-to-hosts", out_of=load_balancer, port=VLLM_PORT, to=host)
        self._ingress(f"{name}-host-from-alb", into=host, port=VLLM_PORT, source=load_balancer.id)
        for index, scraper in enumerate(args.scrape_from):
            self._ingress(f"{name}-host-scraper-{index}", into=host, port=METRICS_PORT, **_named(scraper))
        # HTTPS is all that a host needs: AWS APIs, the model hub, the image registry. A VPC's resolver, time service
        # and metadata service are not subject to security groups.
        if args.way_out is None:
            self._egress(f"{name}-host-https", out_of=host, port=HTTPS_PORT, cidr="0.0.0.0/0")
        self.endpoints_id = self._to_endpoints(name, host=host, way_out=args.way_out) if args.way_out else None
        if not args.https:
            # `ops tunnel` reaches the load balancer through a host; over HTTPS it ends at the host, since no
            # certificate is for the tunnel's near end.
            self._egress(f"{name}-host-to-alb", out_of=host, port=HTTP_PORT, to=load_balancer)
        self.load_balancer_id = load_balancer.id
        self.host_id = host.id
        self.register_outputs({"load_balancer_id": self.load_balancer_id, "host_id": self.host_id})

    def _to_endpoints(self, name: str, *, host: aws.ec2.SecurityGroup, way_out: WayOut) -> pulumi.Output[str] | None:
        self._egress(f"{name}-host-to-s3", out_of=host, port=HTTPS_PORT, prefix_list=way_out.s3_prefix_list_id)
        for index, cidr in enumerate(way_out.endpoint_cidrs):
            self._egress(f"{name}-host-to-endpoints-{index}", out_of=host, port=HTTPS_PORT, cidr=cidr)
        if way_out.endpoint_cidrs:
            return None
        endpoints = self._group(f"{name}-endpoints", part="endpoints", description="Private endpoints of vLLM hosts")
        self._egress(f"{name}-host-to-endpoints", out_of=host, port=HTTPS_PORT, to=endpoints)
        self._ingress(f"{name}-endpoints-from-host", into=endpoints, port=HTTPS_PORT, source=host.id)
        return endpoints.id

    def _group(self, name: str, *, part: str, description: str) -> aws.ec2.SecurityGroup:
        return aws.ec2.SecurityGroup(
            name,
            vpc_id=self._args.vpc_id,
            description=description,
            tags=self._args.tags.named(part),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _ingress(
        self,
        name: str,
        *,
        into: aws.ec2.SecurityGroup,
        port: int,
        cidr: str | None = None,
        source: pulumi.Input[str] | None = None,
    ) -> None:
        aws.vpc.SecurityGroupIngressRule(
            name,
            security_group_id=into.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            cidr_ipv4=cidr,
            referenced_security_group_id=source,
            description=_PURPOSES[port],
            tags=self._args.tags.named(f"port-{port}"),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _egress(
        self,
        name: str,
        *,
        out_of: aws.ec2.SecurityGroup,
        port: int,
        cidr: str | None = None,
        to: aws.ec2.SecurityGroup | None = None,
        prefix_list: pulumi.Input[str] | None = None,
    ) -> None:
        aws.vpc.SecurityGroupEgressRule(
            name,
            security_group_id=out_of.id,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            cidr_ipv4=cidr,
            referenced_security_group_id=to.id if to else None,
            prefix_list_id=prefix_list,
            description=_PURPOSES[port],
            tags=self._args.tags.named(f"port-{port}"),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _named(scraper: str) -> dict[str, str]:
    """The argument of a rule that lets it in."""
    return {"source": scraper} if is_security_group(scraper) else {"cidr": scraper}
