"""The check of Capacity Reservations and of a Capacity Block."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError

from ops.doctor.case import Case
from ops.doctor.checks.reservations import CHECK
from tests.ops.doctor.clinic import Clinic
from tests.ops.doctor.looking import look, only

ID = "cr-0123456789abcdef0"
START = datetime(2026, 12, 1, 11, 30, tzinfo=UTC)
FOUND = {
    "CapacityReservationId": ID,
    "ReservationType": "default",
    "State": "active",
    "InstanceType": "g6.2xlarge",
    "AvailabilityZone": "us-east-1a",
    "TotalInstanceCount": 2,
    "AvailableInstanceCount": 1,
    "InstanceMatchCriteria": "targeted",
}
BLOCK = {**FOUND, "ReservationType": "capacity-block", "InstanceType": "p5.48xlarge", "EndDate": START}


@dataclass(frozen=True)
class Ec2:
    """Has these reservations."""

    found: tuple[Mapping[str, Any], ...]

    def client(self, service: str, *, region: str) -> Any:
        assert (service, region) == ("ec2", "us-east-1")
        return self

    def describe_capacity_reservations(self, **asked: list[str]) -> Any:
        here = [each for each in self.found if each["CapacityReservationId"] in asked["CapacityReservationIds"]]
        if not here:
            error = {"Error": {"Code": "InvalidCapacityReservationId.NotFound", "Message": "no"}}
            raise ClientError(error, "DescribeCapacityReservations")  # type: ignore[arg-type]
        return {"CapacityReservations": here}

    def get_paginator(self, name: str) -> Any:
        assert name == "describe_capacity_reservations"
        return self

    def paginate(self, **_: Any) -> Any:
        return [{"CapacityReservations": list(self.found)}]


def case(clinic: Clinic, *found: Mapping[str, Any], capacity: Mapping[str, Any] | None = None, **more: Any) -> Case:
    compute = {"capacity": capacity or {"reservations": [ID]}}
    return replace(clinic.case(**{"compute": compute, **more}), aws=Ec2(found))


def block(clinic: Clinic, found: Mapping[str, Any], zone: str = "us-east-1a", **more: Any) -> Case:
    compute = {"instanceType": "p5.48xlarge", "capacity": {"block": {"id": ID, "zone": zone}}}
    return case(clinic, found, compute=compute, **more)


def test_only_where_there_is_one(clinic: Clinic) -> None:
    assert CHECK.is_for(case(clinic, FOUND))
    assert CHECK.is_for(case(clinic, capacity={"reservations": "open"}))
    assert CHECK.is_for(block(clinic, BLOCK))
    assert not CHECK.is_for(clinic.case())


def test_one_that_hosts_will_use(clinic: Clinic) -> None:
    finding = only(CHECK, case(clinic, FOUND))
    assert (finding.level, finding.seen) == ("ok", f"{ID}: 1 of 2 x g6.2xlarge free in us-east-1a")


@pytest.mark.parametrize(
    ("found", "level", "seen"),
    [
        ((), "error", f"{ID} is not there, in us-east-1"),
        (({**FOUND, "State": "expired"},), "error", "is expired"),
        (({**FOUND, "State": "scheduled", "StartDate": START},), "warning", "it begins 2026-12-01 11:30 UTC"),
        (({**FOUND, "InstanceType": "g5.2xlarge"},), "error", "is of g5.2xlarge, hosts are g6.2xlarge"),
        (({**FOUND, "AvailabilityZone": "us-east-1f"},), "error", "is in us-east-1f, hosts are in us-east-1a"),
        ((BLOCK,), "error", "is a Capacity Block"),
    ],
)
def test_one_that_they_will_not(clinic: Clinic, found: tuple[Mapping[str, Any], ...], level: str, seen: str) -> None:
    finding = only(CHECK, case(clinic, *found))
    assert (finding.level, seen in finding.seen) == (level, True), finding.seen


def test_a_block_says_how_long_it_lasts(clinic: Clinic) -> None:
    finding = only(CHECK, block(clinic, BLOCK))
    assert (finding.level, finding.seen.endswith("free in us-east-1a, until 2026-12-01 11:30 UTC")) == ("ok", True)


def test_a_block_elsewhere_or_too_small_or_none_at_all(clinic: Clinic) -> None:
    elsewhere = only(CHECK, block(clinic, {**BLOCK, "AvailabilityZone": "us-east-1b"}))
    assert elsewhere.fix == "vllm:compute.capacity.block.zone: us-east-1b"
    small = only(CHECK, block(clinic, BLOCK, scaling={"min": 1, "max": 3}))
    assert (small.level, small.fix) == ("error", "vllm:scaling.max: 2 at most")
    other = only(CHECK, block(clinic, {**FOUND, "InstanceType": "p5.48xlarge"}))
    assert other.fix == "write it to vllm:compute.capacity.reservations"


def test_open_ones_are_looked_for(clinic: Clinic) -> None:
    capacity = {"reservations": "open"}
    assert only(CHECK, case(clinic, FOUND, capacity=capacity)).level == "ok"
    finding = only(CHECK, case(clinic, {**FOUND, "AvailabilityZone": "us-east-1f"}, capacity=capacity))
    assert (finding.level, "hosts are on demand until there is one" in finding.fix) == ("warning", True)


def test_several_faults_are_said_at_once(clinic: Clinic) -> None:
    found = {**FOUND, "State": "cancelled", "InstanceType": "g5.2xlarge", "AvailabilityZone": "us-east-1f"}
    assert [each.level for each in look(CHECK, case(clinic, found))] == ["error", "error", "error"]
