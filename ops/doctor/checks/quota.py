"""The account's vCPU quotas: whether AWS lets the stack have all its hosts, and one more for a replacement.

On demand and spot instances have quotas of their own, and so has each family. Whether what runs in a Capacity Block
counts against them is nowhere said, so there a small quota is no error.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from botocore.exceptions import ClientError

from config.namespaces import NAMESPACE
from ops.clients import code_of
from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.model import Finding, error, ok, warning
from sizing.catalog import load_catalog
from sizing.plan import Plan

SURGE = 1
"""Hosts that run beside the others during a replacement (components/aws/fleet.py), unless old ones end first."""
WHOLE = 100
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


def hosts_of(plan: Plan, *, market: Market) -> int:
    """The most that run at once, with one for a replacement. A fraction of a spot instance is one on demand (user
    guide, "Setup overview for creating a mixed instances group", 2026-11)."""
    most = max(plan.replicas.most, plan.replicas.max)
    spare = SURGE if plan.change is None or plan.change.launch_first else 0
    if plan.capacity is None or not plan.capacity.spot_percent:
        return most + spare if market == "on-demand" else 0
    base = min(most, plan.capacity.on_demand_base)
    on_demand = base + math.ceil((most - base) * (WHOLE - plan.capacity.spot_percent) / WHOLE)
    wanted = on_demand if market == "on-demand" else most - on_demand
    return wanted + spare if wanted else 0


def types_by_quota(plan: Plan, *, market: Market) -> dict[Quota, list[str]]:
    """Types that hosts may have, by the quota that counts them."""
    found: dict[Quota, list[str]] = {}
    for name in [each.instance_type for each in plan.host_types] or [plan.instance_type]:
        quota = quota_of(name, market=market)
        if quota is not None:
            found.setdefault(quota, []).append(name)
    return found


def _look(case: Case) -> Iterator[Finding]:
    markets: tuple[Market, ...] = ("on-demand", "spot")
    for market in markets:
        hosts = hosts_of(case.plan, market=market)
        for quota, types in types_by_quota(case.plan, market=market).items() if hosts else ():
            yield from _against(case, quota, types=types, hosts=hosts)


def _against(case: Case, quota: Quota, *, types: list[str], hosts: int) -> Iterator[Finding]:
    """The chosen type must fit; of those that stand in for it, the largest."""
    limit, others = _limit(case, quota), _used_by_others(case, quota)
    chosen = case.plan.instance_type
    largest = max(types, key=lambda name: _vcpus_of(case, name))
    if chosen in types:
        yield _counted(case, quota, name=chosen, hosts=hosts, limit=limit, others=others)
    if largest != chosen and not (chosen in types and _vcpus_of(case, largest) == _vcpus_of(case, chosen)):
        yield _counted(case, quota, name=largest, hosts=hosts, limit=limit, others=others)


def _counted(case: Case, quota: Quota, *, name: str, hosts: int, limit: int, others: int) -> Finding:
    each = _vcpus_of(case, name)
    need = each * hosts
    spare = " (one more for a replacement)" if case.plan.change is None or case.plan.change.launch_first else ""
    seen = f"{quota.name}: {limit} vCPU, {others} in use by others; {hosts} x {name}{spare} take {need}"
    if others + need <= limit:
        return ok(seen)
    block = case.plan.capacity is not None and case.plan.capacity.block_id is not None
    level = warning if block or name != case.plan.instance_type else error  # without a stand-in the others do
    return level(
        f"{seen}: enough for {max(0, limit - others) // each}",
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
    asks="Are the vCPU quotas, on demand and spot, enough for every replica and one more, beside what else runs there?",
    look=_look,
    needs="aws",
    calls=(
        "servicequotas:GetServiceQuota",
        "servicequotas:GetAWSDefaultServiceQuota",
        "ec2:DescribeInstances",
        "ec2:DescribeInstanceTypes",
    ),
)
