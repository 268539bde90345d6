"""The life of a stack with all that may stand before a load balancer, on the real engine: name and certificate of its
own, access logs, firewall with both limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rehearsal.aws.calls import Call
from rehearsal.aws.server import EmulatedAws
from rehearsal.engine.events import Run
from rehearsal.engine.rig import Rig
from rehearsal.engine.stack import Held
from rehearsal.given import described
from tests.e2e.observed import Snapshot, look
from tests.e2e.opened import opened
from tests.program.cases import ON_THE_INTERNET, ZONE, merged, values_of

FRONT = "front"


@dataclass(frozen=True, kw_only=True)
class Approach:
    """What AWS holds before the load balancer. ``records``: of the zone, by type and name; ``acl``: of the load
    balancer; ``lifecycle`` and ``policy``: of the log bucket."""

    certificate: Mapping[str, Any]
    records: Mapping[tuple[str, str], Mapping[str, Any]]
    acl: Mapping[str, Any]
    lifecycle: Mapping[str, Any]
    policy: str


@dataclass(frozen=True, kw_only=True)
class FrontLife:
    """In the order in which it happened. ``off``: a preview without logs and firewall; the log bucket has an object in
    it when the stack is destroyed. ``left``: what the account holds at the end that it did not hold before."""

    up: Run
    first: Snapshot
    approach: Approach
    second_up: Run
    refresh: Run
    before_destroy: tuple[Held, ...]
    off: Run
    destroy: Run
    held: tuple[Held, ...]
    left: frozenset[str]
    given_before: Mapping[str, Any]
    given_after: Mapping[str, Any]
    calls: tuple[Call, ...]


def live_front(*, rig: Rig, environ: Mapping[str, str]) -> FrontLife:
    """Live it: the dev stack, on the internet."""
    values = merged(values_of("dev"), {"vllm:endpoint": ON_THE_INTERNET})
    with opened(stack="dev", values=values, rig=rig, environ=environ) as stack:
        aws, engine = stack.aws, stack.engine
        given_before = described(aws.client, stack.given)
        up = engine.up()
        first = look(aws, outputs=engine.outputs())
        approach = look_at_approach(aws, first=first)
        aws.client("s3").put_object(Bucket=log_bucket(first), Key="AWSLogs/123456789012/a.log.gz", Body=b"a line")
        second_up, refresh = engine.up(), engine.refresh()
        engine.edit_config(_without_logs_and_firewall)
        before_destroy, off = engine.resources(), engine.preview()
        destroy = engine.destroy(exclude_protected=True)
        return FrontLife(
            up=up,
            first=first,
            approach=approach,
            second_up=second_up,
            refresh=refresh,
            before_destroy=before_destroy,
            off=off,
            destroy=destroy,
            held=engine.resources(),
            left=stack.left(),
            given_before=given_before,
            given_after=described(aws.client, stack.given),
            calls=aws.calls,
        )


def log_bucket(first: Snapshot) -> str:
    return first.balancer_attributes["access_logs.s3.bucket"]


def look_at_approach(aws: EmulatedAws, *, first: Snapshot) -> Approach:
    acm, s3, wafv2 = aws.client("acm"), aws.client("s3"), aws.client("wafv2")
    (listed,) = acm.list_certificates()["CertificateSummaryList"]
    records = aws.client("route53").list_resource_record_sets(HostedZoneId=ZONE)["ResourceRecordSets"]
    return Approach(
        certificate=acm.describe_certificate(CertificateArn=listed["CertificateArn"])["Certificate"],
        records={(record["Type"], record["Name"]): record for record in records},
        acl=wafv2.get_web_acl_for_resource(ResourceArn=first.balancer["LoadBalancerArn"])["WebACL"],
        lifecycle=s3.get_bucket_lifecycle_configuration(Bucket=log_bucket(first)),
        policy=s3.get_bucket_policy(Bucket=log_bucket(first))["Policy"],
    )


def _without_logs_and_firewall(config: dict[str, Any]) -> None:
    for key in ("accessLogs", "waf", "rateLimit"):
        del config["vllm:endpoint"][key]
