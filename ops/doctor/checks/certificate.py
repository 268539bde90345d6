"""The endpoint's certificate, or the hosted zone in which the stack makes one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from botocore.exceptions import ClientError

from config import placeholders
from ops.clients import code_of
from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.model import Finding, error, ok, skipped, warning

SOON = timedelta(days=30)
REQUEST = "aws acm request-certificate --domain-name {domain} --validation-method DNS --region {region}"


def _look(case: Case) -> Iterator[Finding]:
    endpoint = case.config.endpoint
    if endpoint.certificate_arn is not None:
        if any("certificateArn" in entry.path for entry in placeholders.left(case.config)):
            yield skipped("it is a placeholder still")
        else:
            yield from _of_given(case, endpoint.certificate_arn)
    elif endpoint.hosted_zone_id is not None:
        yield from _of_zone(case, endpoint.hosted_zone_id)
    else:
        yield skipped("the endpoint has none: it speaks HTTP, inside the network")


def _of_given(case: Case, arn: str) -> Iterator[Finding]:
    domain, region = case.config.endpoint.domain, case.config.region
    request = REQUEST.format(domain=domain or "NAME", region=region)
    if arn.split(":")[3] != region:
        yield error(f"{arn} is not in {region}, where the load balancer is", fix=request)
        return
    try:
        found = case.client("acm").describe_certificate(CertificateArn=arn)["Certificate"]
    except ClientError as refused:
        if code_of(refused) != "ResourceNotFoundException":
            raise
        yield error(f"there is no certificate {arn}", fix=request)
        return
    faults = [*_faults(case, found, request=request)]
    yield from faults or [ok(f"{found['DomainName']}, issued{_until(found)}")]


def _faults(case: Case, found: Mapping[str, Any], *, request: str) -> Iterator[Finding]:
    domain, status = case.config.endpoint.domain, found["Status"]
    names = [found["DomainName"], *found.get("SubjectAlternativeNames", ())]
    if status == "PENDING_VALIDATION":
        yield error("it waits for its record in DNS: a load balancer takes issued ones only", fix=_records(found))
    elif status != "ISSUED":
        yield error(
            f"it is {status}: {found.get('FailureReason', 'a load balancer takes issued ones only')}", fix=request
        )
    if domain is not None and not any(covers(name, domain) for name in names):
        yield error(f"it is for {', '.join(dict.fromkeys(names))}, not for {domain}", fix=request)
    ends = found.get("NotAfter")
    if ends is not None and ends <= case.now:
        yield error(f"it has expired on {ends:%Y-%m-%d}", fix=request)
    elif ends is not None and ends - case.now < SOON:
        yield warning(f"it ends on {ends:%Y-%m-%d}, in {(ends - case.now).days} days", fix=_renewal(found, request))


def covers(name: str, domain: str) -> bool:
    """A star stands for one label, as browsers and RFC 6125 have it."""
    name, domain = name.lower(), domain.lower()
    return name == domain or (name.startswith("*.") and name[2:] == domain.partition(".")[2])


def _records(found: Mapping[str, Any]) -> str:
    records = [
        option["ResourceRecord"] for option in found.get("DomainValidationOptions", ()) if "ResourceRecord" in option
    ]
    wanted = [f"{record['Name']} {record['Type']} {record['Value']}" for record in records]
    return (
        f"make this DNS record: {'; '.join(wanted)}"
        if wanted
        else "answer the mail that AWS sent to the domain's owner"
    )


def _renewal(found: Mapping[str, Any], request: str) -> str:
    if found.get("Type") == "IMPORTED":
        return f"aws acm import-certificate --certificate-arn {found['CertificateArn']} with its successor"
    if found.get("RenewalEligibility") == "ELIGIBLE":
        return f"AWS renews it once its record stands: {_records(found)}"
    return request


def _until(found: Mapping[str, Any]) -> str:
    return f", until {found['NotAfter']:%Y-%m-%d}" if found.get("NotAfter") else ""


def _of_zone(case: Case, zone_id: str) -> Iterator[Finding]:
    domain = case.config.endpoint.domain or ""
    try:
        zone = case.client("route53").get_hosted_zone(Id=zone_id)["HostedZone"]
    except ClientError as refused:
        if code_of(refused) != "NoSuchHostedZone":
            raise
        yield error(
            f"there is no hosted zone {zone_id}", fix="aws route53 list-hosted-zones, then endpoint.hostedZoneId"
        )
        return
    name = zone["Name"].rstrip(".")
    if zone.get("Config", {}).get("PrivateZone"):
        yield error(f"{name} is a private zone: AWS does not see the record there", fix="a public zone of this name")
    elif domain != name and not domain.endswith(f".{name}"):
        yield error(f"{domain} is not in {name}", fix=f"endpoint.domain: llm.{name}, or the zone of {domain}")
    else:
        yield ok(f"the stack makes one for {domain} in {name}")


CHECK = Check(
    id="certificate",
    asks="Is it issued, in the region, for the domain, and good for 30 days? Or is the hosted zone the domain's?",
    look=_look,
    needs="aws",
    calls=("acm:DescribeCertificate", "route53:GetHostedZone"),
)
