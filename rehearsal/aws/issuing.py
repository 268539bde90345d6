"""A certificate is issued once its record is in a public zone, and not before.

ACM user guide, "DNS validation": "ACM validates that you control the domain when it finds the CNAME record [...]
issues a certificate [...] as long as the certificate is in use and the CNAME record remains"; DescribeCertificate shows
PENDING_VALIDATION until then. Moto issues every certificate a minute after it was asked for, whatever DNS says. Here a
record is seen at once.
"""

from __future__ import annotations

from typing import Any

from moto.acm.models import CertBundle
from moto.core.models import DEFAULT_ACCOUNT_ID
from moto.route53.models import route53_backends

from rehearsal.aws.patch import Method, wrap


def install() -> None:
    wrap(CertBundle, "check", _by_record)


def _by_record(original: Method) -> Method:
    def check(self: Any) -> None:
        if self.type != "AMAZON_ISSUED" or self.status != "PENDING_VALIDATION":
            original(self)
        elif all(_is_answered(option["ResourceRecord"]) for option in _options(self)):
            self.status = "ISSUED"

    return check


def _options(certificate: Any) -> list[dict[str, Any]]:
    options: list[dict[str, Any]] = certificate.describe()["Certificate"]["DomainValidationOptions"]
    return options


def _is_answered(wanted: dict[str, str]) -> bool:
    return any(
        (record.name, record.type) == (wanted["Name"], wanted["Type"]) and wanted["Value"] in record.records
        for zone in route53_backends[DEFAULT_ACCOUNT_ID]["aws"].zones.values()
        if not zone.private_zone
        for record in zone.rrsets
    )
