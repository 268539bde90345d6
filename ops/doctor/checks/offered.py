"""Where AWS offers the instance type: whether the zones of the stack are among those."""

from __future__ import annotations

from collections.abc import Iterator

from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.model import Finding, error, ok, warning


def _look(case: Case) -> Iterator[Finding]:
    wanted, region = case.plan.instance_type, case.config.region
    offered = _offered(case, wanted)
    if not offered:
        yield error(
            f"no zone of {region} offers {wanted} to this account",
            fix="another compute.instanceType or aws:region: python -m ops plan "
            f"--stack {case.config.stack} lists what else would do",
        )
        return
    zones = zones_of(case)
    suitable = [zone for zone in zones if zone in offered]
    if zones and not suitable:
        yield error(f"{_places(case, zones)}: none offers {wanted}", fix=_other_zones(case, offered))
    elif zones and len(suitable) < case.plan.cache.zones:
        yield warning(
            f"{_places(case, zones)}: only {', '.join(suitable)} offers {wanted}, all hosts would be there",
            fix=_other_zones(case, offered),
        )
    else:
        yield ok(f"{wanted} in {', '.join(suitable or offered)}")


def _offered(case: Case, instance_type: str) -> list[str]:
    pages = (
        case.client("ec2")
        .get_paginator("describe_instance_type_offerings")
        .paginate(LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": [instance_type]}])
    )
    return sorted(offer["Location"] for page in pages for offer in page["InstanceTypeOfferings"])


def zones_of(case: Case) -> tuple[str, ...]:
    """Of the deployed stack, else of the stack file; empty where the program is free to choose."""
    network = case.config.network
    if held := case.outputs.get("zones"):
        return tuple(map(str, held))
    if network.private_subnet_ids:
        subnets = case.client("ec2").describe_subnets(SubnetIds=list(network.private_subnet_ids))["Subnets"]
        return tuple(dict.fromkeys(str(subnet["AvailabilityZone"]) for subnet in subnets))
    return network.zones or ()


def _places(case: Case, zones: tuple[str, ...]) -> str:
    of = "subnets" if case.config.network.private_subnet_ids else "zones"
    return f"the stack's {of} are in {', '.join(zones)}" if of == "subnets" else f"its zones are {', '.join(zones)}"


def _other_zones(case: Case, offered: list[str]) -> str:
    key = "privateSubnetIds" if case.config.network.private_subnet_ids else "zones"
    what = "subnets in " if key == "privateSubnetIds" else ""
    advice = f"vllm:network.{key}: {what}{', '.join(offered)} offer it"
    return advice if not case.outputs else f"another compute.instanceType; or (makes the network again) {advice}"


CHECK = Check(
    id="offered",
    asks="Does AWS offer the instance type in the stack's zones?",
    look=_look,
    needs="aws",
    calls=("ec2:DescribeInstanceTypeOfferings", "ec2:DescribeSubnets"),
)
