"""Reservations that a stack file names are there, and others are not."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from rehearsal.aws.given.make import make
from rehearsal.aws.given.model import Given, GivenReservation
from rehearsal.aws.server import EmulatedAws

RESERVED, BLOCK = "cr-0123456789abcdef0", "cr-0123456789abcdef1"
GIVEN = Given(
    region="us-east-1",
    reservations=(
        GivenReservation(id=RESERVED, instance_type="g6.2xlarge"),
        GivenReservation(id=BLOCK, instance_type="p5.48xlarge", zone="us-east-1d", is_block=True),
    ),
)


def described(aws: EmulatedAws, **which: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = aws.client("ec2").describe_capacity_reservations(**which)["CapacityReservations"]
    return found


def test_each_is_what_it_was_named_as(aws: EmulatedAws) -> None:
    make(GIVEN)
    reserved, block = (described(aws, CapacityReservationIds=[id_])[0] for id_ in (RESERVED, BLOCK))
    assert (reserved["ReservationType"], reserved["AvailabilityZone"]) == ("default", "us-east-1a")
    assert (block["ReservationType"], block["AvailabilityZone"]) == ("capacity-block", "us-east-1d")
    assert block["EndDate"] > block["StartDate"]
    assert reserved["State"] == "active"


def test_filters(aws: EmulatedAws) -> None:
    make(GIVEN)
    of_type = [{"Name": "instance-type", "Values": ["p5.48xlarge"]}]
    assert [each["CapacityReservationId"] for each in described(aws, Filters=of_type)] == [BLOCK]
    assert described(aws, Filters=[{"Name": "instance-match-criteria", "Values": ["open"]}]) == []


def test_an_unknown_one_is_refused(aws: EmulatedAws) -> None:
    with pytest.raises(ClientError, match="NotFound"):
        described(aws, CapacityReservationIds=[RESERVED])
