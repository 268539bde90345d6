"""A Capacity Reservation, or a Capacity Block, that holds as many machines as a stack can have.

CapacityReservation: "ReservationType: The type of Capacity Reservation" (default, capacity-block).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from moto.ec2.models import ec2_backends

from rehearsal.aws.given.chosen import ACCOUNT
from rehearsal.aws.given.model import GivenReservation
from rehearsal.aws.reservations import reservations_of
from rehearsal.aws.world import World

_INSTANCES = 16
_BLOCK_LASTS = timedelta(days=14)


def make_reservation(given: GivenReservation, *, region: str) -> None:
    backend = ec2_backends[ACCOUNT][region]
    now = World.running().settings.now()
    block: dict[str, Any] = {"EndDateType": "limited", "EndDate": now + _BLOCK_LASTS}
    reservations_of(backend).setdefault(
        given.id,
        {
            "CapacityReservationId": given.id,
            "OwnerId": ACCOUNT,
            "InstanceType": given.instance_type,
            "InstancePlatform": "Linux/UNIX",
            "AvailabilityZone": given.zone or f"{region}a",
            "Tenancy": "default",
            "TotalInstanceCount": _INSTANCES,
            "AvailableInstanceCount": _INSTANCES,
            "State": "active",
            "StartDate": now,
            "InstanceMatchCriteria": "targeted",
            "ReservationType": "capacity-block" if given.is_block else "default",
        }
        | (block if given.is_block else {"EndDateType": "unlimited"}),
    )
