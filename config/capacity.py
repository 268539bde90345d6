"""From where AWS takes machines: the sections of ``compute.capacity`` and their types."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config import rules
from config.section import Section
from config.types import Says

TYPES_MAX = 7  # beside the chosen one: user data, which AWS limits to 16 KiB, has the flags of each
RESERVATIONS_MAX = 20


def _named_type(value: str) -> str:
    if value == "auto":
        raise ValueError("write types: auto, or name types")
    return rules.instance_type(value)


StandIns = Annotated[
    Literal["auto"]
    | Annotated[
        tuple[Annotated[str, AfterValidator(_named_type)], ...],
        Field(strict=False, min_length=1, max_length=TYPES_MAX),
    ],
    Says(f"auto, or 1 to {TYPES_MAX} EC2 GPU instance types beside the chosen one, the preferred first", "auto"),
]
ReservationId = Annotated[
    str,
    Field(pattern=r"^cr-[0-9a-f]{17}$"),
    Says("the id of a Capacity Reservation, cr- and 17 hexadecimal digits", "cr-0123456789abcdef0"),
]
Reservations = Annotated[
    Literal["open"]
    | Annotated[tuple[ReservationId, ...], Field(strict=False, min_length=1, max_length=RESERVATIONS_MAX)],
    Says(
        f"open (every one of the account that matches), or 1 to {RESERVATIONS_MAX} ids of Capacity Reservations",
        "[cr-0123456789abcdef0]",
    ),
]
Percent = Annotated[int, Field(ge=0, le=100), Says("a whole number of percent, 0 to 100", "50")]
BaseReplicas = Annotated[int, Field(ge=0, le=1000), Says("a whole number of replicas, 0 to 1000", "1")]
Zone = Annotated[
    str,
    Field(pattern=r"^[a-z]{2}(-[a-z]+)+-[0-9][a-z]$"),
    Says("an availability zone of the stack's region", "us-east-1a"),
]


class CapacityBlock(Section):
    """A Capacity Block for ML, which has a first and a last day."""

    id: ReservationId
    """Its id; hosts end when it does, half an hour early."""
    zone: Zone
    """Where it is; hosts are in this zone alone."""


class Capacity(Section):
    """AWS's own order: reservations first, then on demand by the order of types, spot only as a share."""

    types: StandIns | None = None
    """Types to take when AWS is out of the chosen one, each started with flags of its own; `auto` takes what the plan
    lists as equal and at most twice as dear."""
    reservations: Reservations | None = None
    """On-Demand Capacity Reservations that are used up before anything else."""
    on_demand_base: BaseReplicas | None = None
    """Replicas that are never spot instances; 0 otherwise."""
    spot_percent: Percent | None = None
    """How much of what is above `onDemandBase` runs on spot instances; 0 otherwise."""
    block: CapacityBlock | None = None
    """A Capacity Block; it goes with none of the others."""
