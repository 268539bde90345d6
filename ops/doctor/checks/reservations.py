"""Capacity Reservations and the Capacity Block of the stack file: there, in force, of a type and zone of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from ops.clients import code_of
from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.checks.offered import zones_of
from ops.doctor.model import Finding, error, ok, warning

ACTIVE = "active"
TO_COME = ("scheduled", "pending", "payment-pending", "assessing", "delayed")
UNKNOWN = ("InvalidCapacityReservationId.NotFound", "InvalidCapacityReservationId.Malformed")
BLOCK = "capacity-block"


def _wanted(case: Case) -> tuple[str, ...]:
    capacity = case.plan.capacity
    if capacity is None:
        return ()
    return capacity.reservation_ids if capacity.block_id is None else (capacity.block_id,)


def _applies(case: Case) -> bool:
    return bool(_wanted(case)) or bool(case.plan.capacity and case.plan.capacity.open_reservations)


def _look(case: Case) -> Iterator[Finding]:
    for id_ in _wanted(case):
        found = _described(case, id_)
        if found is None:
            yield error(
                f"{id_} is not there, in {case.config.region}",
                fix=f"aws ec2 describe-capacity-reservations --region {case.config.region} lists those of the account; "
                f"vllm:compute.capacity.{_key(case)} takes their ids",
            )
        else:
            yield from _of(case, id_, found)
    if case.plan.capacity and case.plan.capacity.open_reservations:
        yield _open(case)


def _described(case: Case, id_: str) -> Mapping[str, Any] | None:
    try:
        answer = case.client("ec2").describe_capacity_reservations(CapacityReservationIds=[id_])
    except ClientError as refused:
        if code_of(refused) not in UNKNOWN:
            raise
        return None
    return next(iter(answer["CapacityReservations"]), None)


def _of(case: Case, id_: str, found: Mapping[str, Any]) -> Iterator[Finding]:
    is_block = found.get("ReservationType") == BLOCK
    wants_block = bool(case.plan.capacity and case.plan.capacity.block_id)
    if is_block != wants_block:
        what, key = ("a Capacity Block", "block") if is_block else ("an On-Demand Capacity Reservation", "reservations")
        yield error(f"{id_} is {what}", fix=f"write it to vllm:compute.capacity.{key}")
        return
    problems = list(_problems(case, id_, found))
    yield from problems
    if not problems:
        yield ok(_in_words(id_, found))


def _problems(case: Case, id_: str, found: Mapping[str, Any]) -> Iterator[Finding]:
    state, types = found["State"], _types(case)
    if state in TO_COME:
        start = f"begins {found['StartDate']:%Y-%m-%d %H:%M} UTC" if found.get("StartDate") else "has not begun"
        yield warning(f"{id_} is {state}: it {start}", fix="no host of it starts before then: wait, or pulumi up later")
    elif state != ACTIVE:
        yield error(f"{id_} is {state}", fix=f"another one in vllm:compute.capacity.{_key(case)}")
    if found["InstanceType"] not in types:
        yield error(
            f"{id_} is of {found['InstanceType']}, hosts are {' or '.join(types)}: nothing would use it",
            fix=f"vllm:compute.instanceType: {found['InstanceType']}, or it among vllm:compute.capacity.types",
        )
    zones = _zones(case)
    if zones and found["AvailabilityZone"] not in zones:
        yield error(
            f"{id_} is in {found['AvailabilityZone']}, hosts are in {', '.join(zones)}: nothing would use it",
            fix=f"vllm:compute.capacity.block.zone: {found['AvailabilityZone']}"
            if _key(case) == "block"
            else f"vllm:network.zones with {found['AvailabilityZone']} in it",
        )
    total = int(found.get("TotalInstanceCount", 0))
    if _key(case) == "block" and total < case.plan.replicas.most:
        yield error(
            f"{id_} has {total} instances, and scaling may ask for {case.plan.replicas.most}",
            fix=f"vllm:scaling.max: {total} at most",
        )


def _open(case: Case) -> Finding:
    filters = [
        {"Name": "state", "Values": [ACTIVE]},
        {"Name": "instance-match-criteria", "Values": ["open"]},
        {"Name": "instance-type", "Values": list(_types(case))},
    ]
    pages = case.client("ec2").get_paginator("describe_capacity_reservations").paginate(Filters=filters)
    found = [each for page in pages for each in page["CapacityReservations"]]
    zones = _zones(case)
    here = [each for each in found if not zones or each["AvailabilityZone"] in zones]
    if here:
        return ok("; ".join(_in_words(each["CapacityReservationId"], each) for each in here))
    return warning(
        f"no open Capacity Reservation of {' or '.join(_types(case))} is in force in the stack's zones",
        fix="hosts are on demand until there is one: leave vllm:compute.capacity.reservations out, or make one",
    )


def _in_words(id_: str, found: Mapping[str, Any]) -> str:
    free, total = found.get("AvailableInstanceCount", "?"), found.get("TotalInstanceCount", "?")
    ends = f", until {found['EndDate']:%Y-%m-%d %H:%M} UTC" if found.get("EndDate") else ""
    return f"{id_}: {free} of {total} x {found['InstanceType']} free in {found['AvailabilityZone']}{ends}"


def _key(case: Case) -> str:
    return "block" if case.plan.capacity and case.plan.capacity.block_id else "reservations"


def _types(case: Case) -> tuple[str, ...]:
    return tuple(each.instance_type for each in case.plan.host_types) or (case.plan.instance_type,)


def _zones(case: Case) -> tuple[str, ...]:
    capacity = case.plan.capacity
    return (capacity.block_zone,) if capacity and capacity.block_zone else zones_of(case)


CHECK = Check(
    id="reservations",
    asks="Are the Capacity Reservations or the Capacity Block there, in force, of a type and a zone of the stack?",
    look=_look,
    needs="aws",
    applies=_applies,
    calls=("ec2:DescribeCapacityReservations", "ec2:DescribeSubnets"),
)
