"""The account's vCPU quota: whether AWS lets the stack have all its hosts, and one more for a replacement."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import ClientError

from config.namespaces import NAMESPACE
from ops.clients import code_of
from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.model import Finding, error, ok
from sizing.catalog import load_catalog

SURGE = 1
"""Hosts that run beside the others during a replacement (components/aws/fleet.py)."""
Market = Literal["on-demand", "spot"]


@dataclass(frozen=True, kw_only=True)
class Quota:
    """``prefixes``: how names of its types begin; a "p5" before a "p"."""

    code: str
    name: str
    market: Market
    prefixes: tuple[str, ...]


# EC2 user guide, "On-Demand Instance quotas" and "Spot Instance quotas": each counts the default vCPUs of what runs.
QUOTAS = (
    Quota(code="L-DB2E81BA", name="Running On-Demand G and VT instances", market="on-demand", prefixes=("g", "vt")),
    Quota(code="L-417A185B", name="Running On-Demand P instances", market="on-demand", prefixes=("p",)),
    Quota(code="L-3819A6DF", name="All G and VT Spot Instance Requests", market="spot", prefixes=("g", "vt")),
    Quota(code="L-C4BD4855", name="All P5 Spot Instance Requests", market="spot", prefixes=("p5",)),
    Quota(code="L-7212CCBC", name="All P4, P3 and P2 Spot Instance Requests", market="spot", prefixes=("p",)),
)


def quota_of(instance_type: str, *, market: Market) -> Quota | None:
    """None for a type of another family: those have quotas that are seldom met."""
    return next((each for each in QUOTAS if each.market == market and instance_type.startswith(each.prefixes)), None)


def _look(case: Case) -> Iterator[Finding]:
    quota = quota_of(case.plan.instance_type, market="on-demand")
    if quota is None:
        return
    each = _vcpus_of(case, case.plan.instance_type)
    hosts = case.plan.replicas.max + SURGE
    limit, others = _limit(case, quota), _used_by_others(case, quota)
    need = each * hosts
    counted = (
        f"{quota.name}: {limit} vCPU, {others} in use by others; {hosts} x {case.plan.instance_type} "
        f"(one more for a replacement) take {need}"
    )
    if others + need <= limit:
        yield ok(counted)
        return
    fits = max(0, limit - others) // each
    yield error(
        f"{counted}: enough for {fits}",
        fix="aws service-quotas request-service-quota-increase --service-code ec2 "
        f"--quota-code {quota.code} --desired-value {others + need} --region {case.config.region}",
    )


def _limit(case: Case, quota: Quota) -> int:
    client, names = case.client("service-quotas"), {"ServiceCode": "ec2", "QuotaCode": quota.code}
    try:
        found = client.get_service_quota(**names)
    except ClientError as refused:
        if code_of(refused) != "NoSuchResourceException":
            raise
        found = client.get_aws_default_service_quota(**names)  # what an account has that never asked for more
    return int(found["Quota"]["Value"])


def _used_by_others(case: Case, quota: Quota) -> int:
    """vCPUs of running instances that the quota counts and that are not this stack's own."""
    filters = [{"Name": "instance-state-name", "Values": ["pending", "running"]}]
    pages = case.client("ec2").get_paginator("describe_instances").paginate(Filters=filters)
    found = [each for page in pages for group in page["Reservations"] for each in group["Instances"]]
    counted = [each for each in found if _is_counted(each, quota) and not _is_own(each, case.config.stack)]
    return sum(_vcpus_of(case, each["InstanceType"]) for each in counted)


def _is_counted(instance: Mapping[str, Any], quota: Quota) -> bool:
    market: Market = "spot" if instance.get("InstanceLifecycle") == "spot" else "on-demand"
    on_own_host = instance.get("Placement", {}).get("Tenancy") == "host"
    return market == quota.market and not on_own_host and instance["InstanceType"].startswith(quota.prefixes)


def _is_own(instance: Mapping[str, Any], stack: str) -> bool:
    tags = {tag["Key"]: tag["Value"] for tag in instance.get("Tags", [])}
    return (tags.get("Project"), tags.get("Stack")) == (NAMESPACE, stack)


def _vcpus_of(case: Case, instance_type: str) -> int:
    known = load_catalog().instance(instance_type)
    if known is not None:
        return known.vcpus
    found = case.client("ec2").describe_instance_types(InstanceTypes=[instance_type])["InstanceTypes"]
    return int(found[0]["VCpuInfo"]["DefaultVCpus"])


CHECK = Check(
    id="quota",
    asks="Is the vCPU quota of the family enough for every replica and one more, beside what else runs there?",
    look=_look,
    needs="aws",
    calls=(
        "servicequotas:GetServiceQuota",
        "servicequotas:GetAWSDefaultServiceQuota",
        "ec2:DescribeInstances",
        "ec2:DescribeInstanceTypes",
    ),
)
