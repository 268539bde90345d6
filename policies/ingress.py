"""Who may connect to what, from the three ways in which AWS resources say it."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.model import Deployment, Resource, number

RULE_TYPE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
OLD_RULE_TYPE = "aws:ec2/securityGroupRule:SecurityGroupRule"
GROUP_TYPES = ("aws:ec2/securityGroup:SecurityGroup", "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup")
LARGEST_PRIVATE = {4: 8, 6: 16}
"""A network with a shorter prefix holds addresses of strangers whatever it is: the halves of the internet too."""


@dataclass(frozen=True, kw_only=True)
class Ingress:
    """``groups``: URNs of the security groups that let it in; ``first`` and ``last``: the ports."""

    resource: Resource
    groups: tuple[str, ...]
    networks: tuple[str, ...]
    first: int
    last: int

    def covers(self, port: int) -> bool:
        return self.first <= port <= self.last

    @property
    def open_networks(self) -> tuple[str, ...]:
        """Those that strangers are in."""
        return tuple(network for network in self.networks if _is_open(network))


def ingress_of(deployment: Deployment) -> Iterator[Ingress]:
    for rule in deployment.of_type(RULE_TYPE):
        networks = (rule.inputs.get("cidrIpv4"), rule.inputs.get("cidrIpv6"))
        yield _ingress(rule, rule.inputs, rule.depends.get("securityGroupId", ()), networks, "ipProtocol")
    for rule in deployment.of_type(OLD_RULE_TYPE):
        if rule.inputs.get("type") == "ingress":
            yield _ingress(rule, rule.inputs, rule.depends.get("securityGroupId", ()), _listed(rule.inputs), "protocol")
    for group in deployment.of_type(*GROUP_TYPES):
        for entry in group.entries("ingress"):
            yield _ingress(group, entry, (group.urn,), _listed(entry), "protocol")


def _listed(entry: Mapping[str, Any]) -> tuple[Any, ...]:
    return (*(entry.get("cidrBlocks") or ()), *(entry.get("ipv6CidrBlocks") or ()))


def _ingress(
    resource: Resource, entry: Mapping[str, Any], groups: tuple[str, ...], networks: tuple[Any, ...], protocol: str
) -> Ingress:
    everything = str(entry.get(protocol)) in ("-1", "all")
    first = 0 if everything else number(entry.get("fromPort"), 0)
    last = 65535 if everything else number(entry.get("toPort"), 65535)
    return Ingress(
        resource=resource,
        groups=groups,
        networks=tuple(str(network) for network in networks if network),
        first=int(first),
        last=int(last),
    )


def _is_open(network: str) -> bool:
    try:
        given = ipaddress.ip_network(network, strict=False)
    except ValueError:  # not known yet
        return False
    return given.prefixlen < LARGEST_PRIVATE[given.version]
