"""Machines that AWS has none of at the moment; moto has every type in every zone.

EC2 error codes: "InsufficientInstanceCapacity: There is not enough capacity to fulfill your request. This error can
occur if you launch a new instance, restart a stopped instance, create a new Capacity Reservation, or modify an
existing Capacity Reservation." The words of the message are those that users report.
"""

from __future__ import annotations

from moto.ec2.exceptions import EC2ClientError

_Pool = tuple[str, str | None, bool | None]


class NoCapacityError(EC2ClientError):
    """EC2 has no such machine there now."""

    def __init__(self, *, instance_type: str, zone: str) -> None:
        super().__init__(
            "InsufficientInstanceCapacity",
            f"We currently do not have sufficient {instance_type} capacity in the Availability Zone you requested "
            f"({zone}). Our system will be working on provisioning additional capacity.",
        )


class Shortages:
    """What is sold out; nothing at first."""

    def __init__(self) -> None:
        self._out: set[_Pool] = set()

    def run_out(self, instance_type: str, *, zone: str | None = None, spot: bool | None = None) -> None:
        """From now on none of ``instance_type``: in any zone and of either kind where that is None."""
        self._out.add((instance_type, zone, spot))

    def restock(self) -> None:
        self._out.clear()

    def require(self, instance_type: str, *, zone: str, spot: bool) -> None:
        """NoCapacityError where it is sold out."""
        pools = {(instance_type, where, kind) for where in (zone, None) for kind in (spot, None)}
        if pools & self._out:
            raise NoCapacityError(instance_type=instance_type, zone=zone)
