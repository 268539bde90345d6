"""How a load balancer with a certificate is shown."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rehearsal.aws.given.make import make
from rehearsal.aws.given.model import Given, GivenNetwork
from rehearsal.aws.server import EmulatedAws
from rehearsal.inventory.traffic import listener_rules, load_balancer

CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/5e4ea4a1-0000-4000-8000-000000000000"
POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"
SUBNETS = ("subnet-0aaaaaaaaaaaaaaa1", "subnet-0aaaaaaaaaaaaaaa2")
REFUSED = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
REDIRECT = {
    "Type": "redirect",
    "RedirectConfig": {"Protocol": "HTTPS", "Port": "443", "StatusCode": "HTTP_301"},
}


@pytest.fixture
def aws() -> Iterator[EmulatedAws]:
    with EmulatedAws() as running:
        network = GivenNetwork(vpc_id="vpc-0123456789abcdef0", private_subnet_ids=SUBNETS)
        make(Given(region="us-east-1", certificate_arns=(CERTIFICATE,), network=network))
        yield running


def test_listeners_show_certificate_policy_and_redirect(aws: EmulatedAws) -> None:
    elb = aws.client("elbv2")
    (balancer,) = elb.create_load_balancer(Name="front", Scheme="internal", Subnets=list(SUBNETS))["LoadBalancers"]
    arn = balancer["LoadBalancerArn"]
    elb.create_listener(LoadBalancerArn=arn, Protocol="HTTP", Port=80, DefaultActions=[REDIRECT])
    elb.create_listener(
        LoadBalancerArn=arn,
        Protocol="HTTPS",
        Port=443,
        SslPolicy=POLICY,
        Certificates=[{"CertificateArn": CERTIFICATE}],
        DefaultActions=[REFUSED],
    )
    assert dict(listener_rules(aws.client, balancer=balancer).rows) == {
        "HTTP 80 rule default": "* -> redirect to HTTPS 443 (HTTP_301)",
        "HTTPS 443 certificate": f"{CERTIFICATE}, {POLICY}",
        "HTTPS 443 rule default": "* -> fixed 404",
    }


def test_deletion_protection_is_shown_where_it_is_on(aws: EmulatedAws) -> None:
    elb = aws.client("elbv2")
    (balancer,) = elb.create_load_balancer(Name="front", Scheme="internal", Subnets=list(SUBNETS))["LoadBalancers"]
    assert "deletion protection" not in dict(load_balancer(aws.client, balancer=balancer).rows)
    elb.modify_load_balancer_attributes(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Attributes=[{"Key": "deletion_protection.enabled", "Value": "true"}],
    )
    assert dict(load_balancer(aws.client, balancer=balancer).rows)["deletion protection"] == "on"
