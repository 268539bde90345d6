"""From where machines come, and of which types."""

from __future__ import annotations

from itertools import islice
from math import isfinite

from config.capacity import TYPES_MAX, Capacity
from sizing.choice_view import running
from sizing.fleet_plan import CapacityPlan, HostType
from sizing.machines import Candidate, that_hold
from sizing.plan import Equivalent

DEARER_AT_MOST = 2.0  # times the chosen type's price, for a stand-in that nobody named


def capacity_plan(wanted: Capacity | None) -> CapacityPlan:
    """What is asked, with what it means where nothing is: on demand."""
    if wanted is None:
        return CapacityPlan()
    reservations = wanted.reservations
    return CapacityPlan(
        reservation_ids=reservations if isinstance(reservations, tuple) else (),
        open_reservations=reservations == "open",
        on_demand_base=wanted.on_demand_base or 0,
        spot_percent=wanted.spot_percent or 0,
        block_id=wanted.block.id if wanted.block else None,
        block_zone=wanted.block.zone if wanted.block else None,
    )


def stand_ins(
    wanted: Capacity | None, chosen: Candidate, *, options: tuple[Candidate, ...], named: tuple[Candidate, ...]
) -> tuple[Candidate, ...]:
    """What hosts may be of beside ``chosen``, the preferred first: those of ``options`` with ``auto``, or ``named``."""
    if wanted is None or wanted.types is None:
        return ()
    if wanted.types != "auto":
        return tuple(each for each in named if each.instance is not chosen.instance)
    limit = DEARER_AT_MOST * chosen.hourly_usd
    near = (each for each in options if each.instance is not chosen.instance and each.hourly_usd <= limit)
    return tuple(islice(that_hold(near), TYPES_MAX))


def host_types(chosen: Candidate, *, own: tuple[str, ...], others: tuple[Equivalent, ...]) -> tuple[HostType, ...]:
    """The chosen type first, then those that may stand in for it."""
    first = HostType(
        instance_type=chosen.instance.instance_type,
        gpus_per_replica=chosen.tensor_parallel_size,
        planned_concurrency=running(chosen),
        hourly_usd=chosen.instance.hourly_usd,
        vllm_args=own,
    )
    return (first, *map(_host_type, others))


def _host_type(each: Equivalent) -> HostType:
    return HostType(
        instance_type=each.instance_type,
        gpus_per_replica=each.tensor_parallel_size,
        planned_concurrency=each.running,
        hourly_usd=each.hourly_usd if isfinite(each.hourly_usd) else None,
        vllm_args=each.vllm_args,
    )
