"""DescribeCapacityReservations, which moto does not know; what there is to describe is given (given/reservations.py).

"InvalidCapacityReservationId.NotFound" for an id that nobody made (EC2 error codes). Nothing is taken from them: an
instance that AWS would run in one is described without it.
"""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.exceptions import EC2ClientError
from moto.ec2.responses import EC2Response

from rehearsal.aws.patch import add, kept

_FILTERS = {
    "state": "State",
    "instance-type": "InstanceType",
    "availability-zone": "AvailabilityZone",
    "instance-match-criteria": "InstanceMatchCriteria",
}


def install() -> None:
    add(EC2Response, describe_capacity_reservations=_describe)


def reservations_of(ec2_backend: Any) -> dict[str, dict[str, Any]]:
    """By id; the table itself."""
    return kept(ec2_backend, "capacity_reservations")


def _describe(self: Any) -> ActionResult:
    held = reservations_of(self.ec2_backend)
    wanted = self._get_param("CapacityReservationIds", []) or list(held)
    missing = [id_ for id_ in wanted if id_ not in held]
    if missing:
        raise EC2ClientError(
            "InvalidCapacityReservationId.NotFound", f"The capacity reservation '{missing[0]}' does not exist"
        )
    filters = {_FILTERS[each["Name"]]: each["Values"] for each in self._get_param("Filters", [])}
    found = [held[id_] for id_ in wanted if all(held[id_][key] in values for key, values in filters.items())]
    return ActionResult({"CapacityReservations": found})
