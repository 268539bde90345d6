"""A given certificate is one that a listener takes; every other is refused."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.given.make import make
from rehearsal.aws.given.model import Given
from rehearsal.aws.server import EmulatedAws

ARN = "arn:aws:acm:us-east-1:111122223333:certificate/5e4ea4a1-0000-4000-8000-000000000000"
ELSEWHERE = ARN.replace("us-east-1", "eu-west-1")


def balancer_arn(aws: EmulatedAws) -> str:
    ec2 = aws.client("ec2")
    vpc_id = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet_ids = [
        ec2.create_subnet(VpcId=vpc_id, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=f"us-east-1{letter}")["Subnet"][
            "SubnetId"
        ]
        for n, letter in enumerate("ab")
    ]
    made = aws.client("elbv2").create_load_balancer(Name="front", Subnets=subnet_ids)
    return str(made["LoadBalancers"][0]["LoadBalancerArn"])


def listen(aws: EmulatedAws, certificate_arn: str) -> dict[str, Any]:
    made: dict[str, Any] = aws.client("elbv2").create_listener(
        LoadBalancerArn=balancer_arn(aws),
        Protocol="HTTPS",
        Port=443,
        SslPolicy="ELBSecurityPolicy-TLS13-1-2-2021-06",
        Certificates=[{"CertificateArn": certificate_arn}],
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}],
    )["Listeners"][0]
    return made


def test_it_is_issued_and_a_listener_takes_it(aws: EmulatedAws) -> None:
    make(Given(region="us-east-1", certificate_arns=(ARN,)))
    certificate = aws.client("acm").describe_certificate(CertificateArn=ARN)["Certificate"]
    assert (certificate["CertificateArn"], certificate["Status"]) == (ARN, "ISSUED")
    listener = listen(aws, ARN)
    assert listener["Certificates"] == [{"CertificateArn": ARN}]
    assert listener["SslPolicy"] == "ELBSecurityPolicy-TLS13-1-2-2021-06"


@pytest.mark.parametrize("unknown", [ARN.replace("5e4ea4a1", "00000000"), ELSEWHERE])
def test_an_unknown_one_or_one_of_another_region_is_refused(aws: EmulatedAws, unknown: str) -> None:
    make(Given(region="us-east-1", certificate_arns=(ARN, ELSEWHERE)))
    with pytest.raises(ClientError, match="CertificateNotFound"):
        listen(aws, unknown)


def test_made_twice_it_is_one(aws: EmulatedAws) -> None:
    for _ in range(2):
        make(Given(region="us-east-1", certificate_arns=(ARN,)))
    assert len(aws.client("acm").list_certificates()["CertificateSummaryList"]) == 1
