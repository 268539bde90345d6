"""Strangers reach a public load balancer on 443 and 80, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

from policies.ingress import Ingress, ingress_of
from policies.model import Deployment, Finding, Rule, found
from policies.rules.deletion_protection import BALANCER

PUBLIC_PORTS = (80, 443)


def check(deployment: Deployment) -> Iterator[Finding]:
    public = {
        urn
        for balancer in deployment.of_type(BALANCER)
        if balancer.inputs.get("internal") is not True
        for urn in balancer.depends.get("securityGroups", ())
    }
    for ingress in ingress_of(deployment):
        if ingress.open_networks and not _is_offered(ingress, public):
            ports = f"{ingress.first}" if ingress.first == ingress.last else f"{ingress.first}-{ingress.last}"
            yield found(ingress.resource, f"port {ports} is open to {', '.join(ingress.open_networks)}")


def _is_offered(ingress: Ingress, public: set[str]) -> bool:
    one_port = ingress.first == ingress.last and ingress.first in PUBLIC_PORTS
    return one_port and bool(ingress.groups) and set(ingress.groups) <= public


RULE = Rule(
    id="ingress-is-narrow",
    level="mandatory",
    says="Networks that strangers are in (0.0.0.0/0, ::/0, halves of it) reach 443 and 80 of a public load "
    "balancer only.",
    cause="port 8000 is opened to 0.0.0.0/0 for a test; vLLM's /metrics and /invocations ask for no key, and "
    "scanners find them within hours",
    remedy="name the networks of the clients in `endpoint.allowedCidrs` (scrapers: `monitoring.scrapeFrom`), or set "
    "`endpoint.exposure: public`, which opens the load balancer alone",
    check=check,
)
