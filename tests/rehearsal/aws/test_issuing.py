"""A certificate that AWS issues: when its record is there, and not before."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.given.make import make
from rehearsal.aws.given.model import Given
from rehearsal.aws.server import EmulatedAws

ZONE = "Z0123456789ABCDEFGHIJ"
DOMAIN = "llm.example.com"


def change(aws: EmulatedAws, action: str, record: dict[str, Any]) -> None:
    record = {
        "Name": record["Name"],
        "Type": record["Type"],
        "TTL": 60,
        "ResourceRecords": [{"Value": record["Value"]}],
    }
    batch = {"Changes": [{"Action": action, "ResourceRecordSet": record}]}
    aws.client("route53").change_resource_record_sets(HostedZoneId=ZONE, ChangeBatch=batch)


def test_it_waits_for_its_record_in_the_given_zone() -> None:
    with EmulatedAws() as aws:
        make(Given(region="us-east-1", zones=((ZONE, DOMAIN),)))
        acm = aws.client("acm")
        arn = acm.request_certificate(DomainName=DOMAIN, ValidationMethod="DNS")["CertificateArn"]

        def described() -> dict[str, Any]:
            found: dict[str, Any] = acm.describe_certificate(CertificateArn=arn)["Certificate"]
            return found

        assert described()["Status"] == "PENDING_VALIDATION"
        (option,) = described()["DomainValidationOptions"]
        change(aws, "CREATE", {**option["ResourceRecord"], "Value": "other.acm-validations.aws."})
        assert described()["Status"] == "PENDING_VALIDATION"
        change(aws, "UPSERT", option["ResourceRecord"])
        assert described()["Status"] == "ISSUED"


def test_a_zone_takes_names_of_its_own_alone_and_is_made_once() -> None:
    with EmulatedAws() as aws:
        for _ in range(2):
            make(Given(region="us-east-1", zones=((ZONE, DOMAIN),)))
        (zone,) = aws.client("route53").list_hosted_zones()["HostedZones"]
        assert (zone["Id"], zone["Name"], zone["Config"]["PrivateZone"]) == (
            f"/hostedzone/{ZONE}",
            "example.com.",
            False,
        )
        with pytest.raises(ClientError, match="not permitted in zone"):
            change(aws, "CREATE", {"Name": "llm.example.org", "Type": "CNAME", "Value": "x."})
