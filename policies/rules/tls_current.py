"""TLS 1.2 with forward secrecy, or newer."""

from __future__ import annotations

from collections.abc import Iterator

from policies.model import Deployment, Finding, Rule, found

LISTENER = "aws:lb/listener:Listener"
CURRENT = ("ELBSecurityPolicy-TLS13-1-2-", "ELBSecurityPolicy-TLS13-1-3-", "ELBSecurityPolicy-FS-1-2-")
WEAK_ENDS = ("-Ext0", "-Ext1", "-Ext2")
"""They bring back ciphers without forward secrecy. Source: AWS, "Security policies for your Application Load Balancer"
(docs.aws.amazon.com/elasticloadbalancing/latest/application/describe-ssl-policies.html)."""


def check(deployment: Deployment) -> Iterator[Finding]:
    for listener in deployment.of_type(LISTENER):
        policy = str(listener.inputs.get("sslPolicy") or "")
        if listener.inputs.get("protocol") not in ("HTTPS", "TLS"):
            continue
        if not policy.startswith(CURRENT) or any(end in policy for end in WEAK_ENDS):
            yield found(
                listener, f"{policy or 'the default policy'} accepts TLS 1.0, or ciphers without forward secrecy"
            )


RULE = Rule(
    id="tls-is-current",
    level="mandatory",
    says="HTTPS listeners have a security policy of TLS 1.2 or newer with forward secrecy.",
    cause="a listener without sslPolicy gets AWS's default of 2016, TLS 1.0 included, and fails the audit",
    remedy="set sslPolicy of components/aws/listeners.py to ELBSecurityPolicy-TLS13-1-2-2021-06 or a newer one",
    check=check,
)
