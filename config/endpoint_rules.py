"""Rules between the keys of ``endpoint``: name and certificate, firewall and rate limit."""

from __future__ import annotations

from collections.abc import Iterator

from config import rules
from config.errors import Problem
from config.models import StackConfig


def public_speaks_https(config: StackConfig) -> Problem | None:
    endpoint = config.endpoint
    if endpoint.exposure != "public" or endpoint.is_https:
        return None
    return Problem(
        path="vllm:endpoint.certificateArn",
        given="nothing",
        allowed="the ARN of a certificate in AWS Certificate Manager, for the name that clients use; or hostedZoneId",
        example=rules.example_certificate("us-east-1"),
        message="a public endpoint without a certificate would carry API keys and prompts in the clear: "
        "name the domain and its hostedZoneId, or request one (aws acm request-certificate), or set exposure: internal",
    )


def domain_has_a_certificate(config: StackConfig) -> Problem | None:
    endpoint = config.endpoint
    if endpoint.domain is None or endpoint.is_https:
        return None
    return Problem(
        path="vllm:endpoint.domain",
        given=endpoint.domain,
        allowed="a host name beside endpoint.hostedZoneId or endpoint.certificateArn",
        example=f"hostedZoneId: {rules.EXAMPLE_ZONE}",
        message="a name needs a certificate: name its zone in Route 53 and the stack makes certificate and record, or "
        "give the certificate for it and point the name at the load_balancer_dns output",
    )


def hosted_zone_has_its_domain(config: StackConfig) -> Iterator[Problem]:
    """What a zone goes with, and what it replaces."""
    endpoint = config.endpoint
    if endpoint.hosted_zone_id is None:
        return
    if endpoint.domain is None:
        yield Problem(
            path="vllm:endpoint.domain",
            given="nothing",
            allowed="the host name that clients use, inside that zone",
            example="llm.example.com",
            message="endpoint.hostedZoneId says where the name is kept, endpoint.domain what it is: give both",
        )
    elif len(endpoint.domain) > rules.COMMON_NAME_MAX:
        yield Problem(
            path="vllm:endpoint.domain",
            given=endpoint.domain,
            allowed=f"at most {rules.COMMON_NAME_MAX} characters, beside endpoint.hostedZoneId",
            example="llm.example.com",
            message="AWS makes no certificate for a longer name: take a shorter one, or give endpoint.certificateArn",
        )
    if endpoint.certificate_arn is not None:
        yield Problem(
            path="vllm:endpoint.certificateArn",
            given=endpoint.certificate_arn,
            allowed="nothing, beside endpoint.hostedZoneId",
            example=f"hostedZoneId: {rules.EXAMPLE_ZONE}",
            message="the stack makes the certificate for the domain in that zone: leave out one of the two keys",
        )


def certificate_in_region(config: StackConfig) -> Problem | None:
    arn = config.endpoint.certificate_arn
    if arn is None or arn.split(":")[3] == config.region:
        return None
    return Problem(
        path="vllm:endpoint.certificateArn",
        given=arn,
        allowed=f"a certificate in {config.region}",
        example=rules.example_certificate(config.region),
        message="a load balancer takes certificates of its own region only: request or import one there",
    )


def rate_limit_says_something(config: StackConfig) -> Iterator[Problem]:
    endpoint = config.endpoint
    limit = endpoint.rate_limit
    if limit is None:
        return
    if limit.per_key is None and limit.per_address is None:
        yield Problem(
            path="vllm:endpoint.rateLimit",
            given="{}",
            allowed="perKey, perAddress or both",
            example="{perKey: 600}",
            message="this limits nothing: say how many requests in 5 minutes, or leave the key out",
        )
    if "waf" in endpoint.model_fields_set and not endpoint.waf:
        yield Problem(
            path="vllm:endpoint.waf",
            given="false",
            allowed="true, beside endpoint.rateLimit",
            example="true",
            message="the firewall is what counts requests: leave the key out, or leave out endpoint.rateLimit",
        )
