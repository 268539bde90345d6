"""Nobody logs in to a host by a port of it."""

from __future__ import annotations

from collections.abc import Iterator

from policies.hosts import TEMPLATE
from policies.ingress import ingress_of
from policies.model import Deployment, Finding, Rule, found

LOGIN_PORTS = {22: "SSH", 3389: "RDP"}
INSTANCE = "aws:ec2/instance:Instance"
KEY_PAIR = "aws:ec2/keyPair:KeyPair"


def check(deployment: Deployment) -> Iterator[Finding]:
    for ingress in ingress_of(deployment):
        for port, name in LOGIN_PORTS.items():
            if ingress.covers(port):
                yield found(ingress.resource, f"{name} ({port}) is let in")
    for host in deployment.of_type(TEMPLATE, INSTANCE):
        if host.inputs.get("keyName"):
            yield found(host, "hosts get an SSH key, which stays when the person has left")
    for pair in deployment.of_type(KEY_PAIR):
        yield found(pair, "an SSH key is made")


RULE = Rule(
    id="ssh-is-closed",
    level="mandatory",
    says="No security group lets SSH or RDP in, from anywhere, and no host has a key for it.",
    cause="a key that a laptop lost opens every host, and nothing records who logs in",
    remedy="remove the rule or the key: `python -m ops tunnel` and AWS Session Manager reach a host with IAM's "
    "permission and leave a record",
    check=check,
)
