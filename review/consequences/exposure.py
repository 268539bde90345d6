"""Who can reach the endpoint and the hosts from outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import ip_network
from typing import Any

from review.consequences.facts import BALANCER, Facts
from review.match import Resource
from review.model import Consequence, Revision, Risk

INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
GROUP_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
FIREWALL = "aws:wafv2/webAclAssociation:WebAclAssociation"
ANYWHERE = ("0.0.0.0/0", "::/0")

Door = tuple[str, str]
"""Range and ports."""


def consequences(facts: Facts) -> Iterator[Consequence]:
    if _public(facts.after) and not _public(facts.before):
        yield Consequence(
            id="internet", risk=Risk.HIGH, text="The load balancer gets a public address: the internet can reach it."
        )
    elif _public(facts.before) and not _public(facts.after):
        yield Consequence(
            id="internet-off",
            risk=Risk.MEDIUM,
            text="The load balancer loses its public address: only the VPC reaches it.",
        )
    old, new = _doors(facts.before), _doors(facts.after)
    opened, closed = sorted(new - old), sorted(old - new)
    wide = [door for door in opened if door[0] in ANYWHERE]
    if wide:
        yield Consequence(id="open-to-all", risk=Risk.HIGH, text=f"Open to everybody: {_doors_text(wide)}.")
    narrow = [door for door in opened if door not in wide]
    if narrow:
        outside = any(not _private(source) for source, _ in narrow)
        yield Consequence(
            id="opened",
            risk=Risk.MEDIUM if outside else Risk.LOW,
            text=f"May connect from now on: {_doors_text(narrow)}.",
        )
    if closed:
        yield Consequence(id="closed", risk=Risk.MEDIUM, text=f"Refused from now on: {_doors_text(closed)}.")
    firewalls = [_count(revision, FIREWALL) for revision in (facts.before, facts.after)]
    if firewalls[0] and not firewalls[1]:
        yield Consequence(id="no-firewall", risk=Risk.MEDIUM, text="No firewall limits or filters requests any more.")
    elif firewalls[1] and not firewalls[0]:
        yield Consequence(
            id="firewall",
            risk=Risk.LOW,
            text="A firewall stands before the load balancer: what its rules catch is refused.",
        )


def _public(revision: Revision) -> bool:
    return any(not item["inputs"].get("internal") for item in revision.graph if item["type"] == BALANCER)


def _count(revision: Revision, type_: str) -> int:
    return sum(resource["type"] == type_ for resource in revision.graph)


def _doors(revision: Revision) -> set[Door]:
    return {door for resource in revision.graph for door in _of(resource)}


def _of(resource: Resource) -> Iterator[Door]:
    inputs = resource["inputs"]
    if resource["type"] == INGRESS or (resource["type"] == GROUP_RULE and inputs.get("type") == "ingress"):
        yield from _ranges(inputs, ports=_ports(inputs))
    elif resource["type"] == GROUP:
        for rule in inputs.get("ingress") or ():
            if isinstance(rule, Mapping):
                yield from _ranges(rule, ports=_ports(rule))


def _ranges(rule: Mapping[str, Any], *, ports: str) -> Iterator[Door]:
    single = [rule.get(name) for name in ("cidrIpv4", "cidrIpv6")]
    for source in (*single, *(rule.get("cidrBlocks") or ()), *(rule.get("ipv6CidrBlocks") or ())):
        if source:
            yield str(source), ports


def _ports(rule: Mapping[str, Any]) -> str:
    first, last = rule.get("fromPort"), rule.get("toPort")
    if first is None or first == -1:
        return "every port"
    return f"port {first}" if first == last else f"ports {first}-{last}"


def _private(source: str) -> bool:
    try:
        return ip_network(source, strict=False).is_private
    except ValueError:
        return True


def _doors_text(doors: list[Door]) -> str:
    return ", ".join(f"{source} to {ports}" for source, ports in doors)
