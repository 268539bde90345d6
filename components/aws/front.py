"""What stands before the load balancer: certificate and log bucket, it needs both; name and firewall."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.aws.access_logs import AccessLogs, AccessLogsArgs
from components.aws.certificate import Certificate, CertificateArgs
from components.aws.dns import DomainName, DomainNameArgs
from components.aws.load_balancer import LoadBalancer
from components.aws.naming import Tags
from components.aws.waf import Firewall, FirewallArgs
from components.aws.waf_rules import Limits
from config.models import StackConfig
from sizing.plan import Plan


@dataclass(frozen=True, kw_only=True)
class Front:
    """``certificate_arn``: given or made; None: plain HTTP. ``log_bucket``: None for no access logs."""

    certificate_arn: pulumi.Input[str] | None
    log_bucket: pulumi.Input[str] | None


def make_front(*, config: StackConfig, account: str, tags: Tags) -> Front:
    """What the load balancer needs."""
    return Front(
        certificate_arn=_certificate_arn(config, tags=tags),
        log_bucket=_log_bucket(config, account=account, tags=tags),
    )


def _certificate_arn(config: StackConfig, *, tags: Tags) -> pulumi.Input[str] | None:
    endpoint = config.endpoint
    if endpoint.hosted_zone_id is None or endpoint.domain is None:
        return endpoint.certificate_arn
    args = CertificateArgs(domain=endpoint.domain, zone_id=endpoint.hosted_zone_id, tags=tags)
    return Certificate("vllm-certificate", args).arn


def _log_bucket(config: StackConfig, *, account: str, tags: Tags) -> pulumi.Input[str] | None:
    if not config.endpoint.access_logs:
        return None
    # As with the cache: what is protected is a stack whose past matters.
    args = AccessLogsArgs(account=account, keep=config.cache.protect, tags=tags)
    return AccessLogs("vllm-access-logs", args).bucket


def make_approach(*, config: StackConfig, plan: Plan, balancer: LoadBalancer, tags: Tags) -> None:
    """What needs the load balancer."""
    endpoint = config.endpoint
    if endpoint.hosted_zone_id is not None and endpoint.domain is not None:
        name = DomainNameArgs(
            domain=endpoint.domain,
            zone_id=endpoint.hosted_zone_id,
            balancer_dns_name=balancer.dns_name,
            balancer_zone_id=balancer.zone_id,
        )
        DomainName("vllm-domain", name)
    if endpoint.has_firewall:
        args = FirewallArgs(stack=config.stack, balancer_arn=balancer.arn, limits=_limits(config, plan=plan), tags=tags)
        Firewall("vllm-firewall", args)


def _limits(config: StackConfig, *, plan: Plan) -> Limits:
    limit = config.endpoint.rate_limit
    return Limits(
        request_bytes=plan.longest_request_bytes,
        per_key=limit.per_key if limit else None,
        per_address=limit.per_address if limit else None,
    )
