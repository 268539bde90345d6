"""The check of the certificate, and of the hosted zone in which the stack makes one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.route53.models import route53_backends

from ops.doctor.checks.certificate import CHECK, covers
from rehearsal.aws.given.zones import make_zone
from tests.ops.doctor.clinic import CERTIFICATE, DOMAIN, Clinic
from tests.ops.doctor.looking import look, only

ZONE = "Z0123456789ABCDEFGHIJ"
REQUEST = f"aws acm request-certificate --domain-name {DOMAIN} --validation-method DNS --region us-east-1"


@pytest.mark.parametrize(
    ("name", "domain", "covered"),
    [
        ("llm.example.com", "llm.example.com", True),
        ("LLM.example.com", "llm.EXAMPLE.com", True),
        ("*.example.com", "llm.example.com", True),
        ("*.example.com", "example.com", False),
        ("*.example.com", "a.llm.example.com", False),
        ("example.com", "llm.example.com", False),
    ],
)
def test_a_star_is_one_label(name: str, domain: str, covered: bool) -> None:
    assert covers(name, domain) is covered


def test_one_that_is_there_and_good(clinic: Clinic) -> None:
    clinic.certify()
    finding = only(CHECK, clinic.case())
    assert finding.level == "ok"
    assert finding.seen.startswith(f"{DOMAIN}, issued, until ")


def test_one_that_is_not_there(clinic: Clinic) -> None:
    other = CERTIFICATE.replace("01234567", "76543210")
    finding = only(CHECK, clinic.case(endpoint={"domain": DOMAIN, "certificateArn": other}))
    assert (finding.level, finding.fix) == ("error", REQUEST)


def test_one_for_another_name(clinic: Clinic) -> None:
    clinic.certify()
    finding = only(CHECK, clinic.case(endpoint={"domain": "api.example.com", "certificateArn": CERTIFICATE}))
    assert finding.level == "error"
    assert finding.seen == f"it is for {DOMAIN}, not for api.example.com"


def test_one_that_waits_for_its_record_names_the_record(clinic: Clinic) -> None:
    acm = clinic.cloud.aws.client("acm")
    arn = acm.request_certificate(DomainName=DOMAIN, ValidationMethod="DNS")["CertificateArn"]
    found = look(CHECK, clinic.case(endpoint={"domain": DOMAIN, "certificateArn": arn}))
    waits = next(finding for finding in found if "waits for its record" in finding.seen)
    assert waits.level == "error"
    assert waits.fix.startswith("make this DNS record: _")
    assert " CNAME " in waits.fix


@pytest.mark.parametrize(
    ("days", "kind", "level", "fix"),
    [
        (-1, "IMPORTED", "error", REQUEST),
        (29, "IMPORTED", "warning", f"aws acm import-certificate --certificate-arn {CERTIFICATE} with its successor"),
        (29, "AMAZON_ISSUED", "warning", REQUEST),
        (31, "IMPORTED", "ok", ""),
    ],
)
def test_its_end_is_seen_before_it_comes(clinic: Clinic, days: int, kind: str, level: str, fix: str) -> None:
    finding = only(CHECK, with_acm(clinic, days=days, Type=kind))
    assert (finding.level, finding.fix) == (level, fix)


def test_one_that_renews_itself_says_what_that_takes(clinic: Clinic) -> None:
    record = {"Name": "_x.example.com.", "Type": "CNAME", "Value": "_y.acm."}
    more = {"RenewalEligibility": "ELIGIBLE", "DomainValidationOptions": [{"ResourceRecord": record}]}
    finding = only(CHECK, with_acm(clinic, days=10, Type="AMAZON_ISSUED", **more))
    assert finding.fix == "AWS renews it once its record stands: make this DNS record: _x.example.com. CNAME _y.acm."


def with_acm(clinic: Clinic, *, days: int, **described: Any) -> Any:
    """Its end is so many days from the case's now."""
    now = datetime(2026, 11, 30, tzinfo=UTC)
    answer = {"CertificateArn": CERTIFICATE, "DomainName": DOMAIN, "Status": "ISSUED", **described}

    @dataclass(frozen=True)
    class Acm:
        def client(self, service: str, *, region: str) -> Any:
            assert (service, region) == ("acm", "us-east-1")
            return self

        def describe_certificate(self, **_: Any) -> Any:
            return {"Certificate": {**answer, "NotAfter": now + timedelta(days=days, hours=1)}}

    return replace(clinic.case(), aws=Acm(), now=now)


def test_the_repositorys_placeholder_is_left_to_the_stack_file_check(clinic: Clinic) -> None:
    arn = "arn:aws:acm:us-east-1:000000000000:certificate/00000000-0000-0000-0000-000000000000"
    clinic.write(endpoint={"domain": "replace-me.example.com", "certificateArn": arn})
    found = clinic.findings(status=1)
    assert {each["id"] for each in found if each["level"] == "error"} == {"stack-file"}
    assert only(CHECK, clinic.case()).level == "skipped"


def test_an_endpoint_without_one_speaks_http(clinic: Clinic) -> None:
    assert only(CHECK, clinic.case(endpoint={})).level == "skipped"


@pytest.mark.parametrize(
    ("domain", "level", "says"),
    [
        ("llm.example.com", "ok", "makes one for llm.example.com in example.com"),
        ("llm.example.org", "error", "llm.example.org is not in example.com"),
    ],
)
def test_the_zone_is_that_of_the_domain(clinic: Clinic, domain: str, level: str, says: str) -> None:
    make_zone(ZONE, domain=DOMAIN)
    finding = only(CHECK, clinic.case(endpoint={"domain": domain, "hostedZoneId": ZONE}))
    assert finding.level == level
    assert says in finding.seen


def test_a_zone_that_is_not_there_or_private(clinic: Clinic) -> None:
    case = clinic.case(endpoint={"domain": DOMAIN, "hostedZoneId": ZONE})
    assert only(CHECK, case).seen == f"there is no hosted zone {ZONE}"
    make_zone(ZONE, domain=DOMAIN)
    route53_backends[DEFAULT_ACCOUNT_ID]["aws"].zones[ZONE].private_zone = True
    finding = only(CHECK, case)
    assert (finding.level, "private zone" in finding.seen) == ("error", True)
