"""From where machines come, and of which types."""

from __future__ import annotations

from config.capacity import Capacity
from sizing.choice_view import running
from sizing.fleet_plan import CapacityPlan, HostType
from sizing.machines import Candidate
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


def host_types(
    wanted: Capacity | None, chosen: Candidate, *, own: tuple[str, ...], stand_ins: tuple[Equivalent, ...]
) -> tuple[HostType, ...]:
    """The chosen type first, then those that may stand in for it."""
    first = HostType(
        instance_type=chosen.instance.instance_type,
        gpus_per_replica=chosen.tensor_parallel_size,
        planned_concurrency=running(chosen),
        hourly_usd=chosen.instance.hourly_usd,
        vllm_args=own,
    )
    return (first, *(_host_type(each) for each in _taken(wanted, chosen, stand_ins)))


def _taken(wanted: Capacity | None, chosen: Candidate, stand_ins: tuple[Equivalent, ...]) -> tuple[Equivalent, ...]:
    if wanted is None or wanted.types is None:
        return ()
    if wanted.types == "auto":
        price = chosen.instance.hourly_usd
        return tuple(each for each in stand_ins if price is None or each.hourly_usd <= DEARER_AT_MOST * price)
    by_name = {each.instance_type: each for each in stand_ins}
    return tuple(by_name[name] for name in wanted.types if name in by_name)


def _host_type(each: Equivalent) -> HostType:
    return HostType(
        instance_type=each.instance_type,
        gpus_per_replica=each.tensor_parallel_size,
        planned_concurrency=max(1, int(each.max_concurrency)),
        hourly_usd=each.hourly_usd,
        vllm_args=each.vllm_args,
    )
