"""Hosts have no public address."""

from __future__ import annotations

from collections.abc import Iterator

from policies.hosts import TEMPLATE
from policies.model import Deployment, Finding, Rule, found
from policies.rules.ssh_is_closed import INSTANCE

SUBNET = "aws:ec2/subnet:Subnet"
NO = (False, "false")


def check(deployment: Deployment) -> Iterator[Finding]:
    for template in deployment.of_type(TEMPLATE):
        interfaces = template.entries("networkInterfaces")
        if not interfaces or any(entry.get("associatePublicIpAddress") not in NO for entry in interfaces):
            yield found(template, "hosts get a public address where their subnet hands one out")
    for instance in deployment.of_type(INSTANCE):
        if instance.inputs.get("associatePublicIpAddress") not in NO:
            yield found(instance, "the instance gets a public address where its subnet hands one out")
    for subnet in deployment.of_type(SUBNET):
        if subnet.inputs.get("mapPublicIpOnLaunch"):
            yield found(subnet, "the subnet gives a public address to whatever starts in it")


RULE = Rule(
    id="hosts-private",
    level="mandatory",
    says="Hosts refuse a public address, and no subnet hands one out.",
    cause="a host with a public address is one mistake in a security group away from the internet",
    remedy="keep associatePublicIpAddress false in components/aws/launch_template.py and mapPublicIpOnLaunch off; "
    "the load balancer is what clients reach",
    check=check,
)
