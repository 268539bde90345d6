"""The parts of the page about the fleet: from where machines come, when they come and go, how they are replaced."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator

from sizing.fleet_plan import CapacityPlan, HostType, ScalingPlan
from sizing.plan import Plan
from sizing.text import LABEL, WIDTH, minutes, row

COLUMNS = f"  {'':2}{'type':<17}{'GPUs':>5}{'USD/h':>9}{'at once':>9}  flags"


def capacity(plan: Plan) -> list[str]:
    """In AWS's order: reservations, then on demand by the order of types, spot as a share."""
    found = plan.capacity or CapacityPlan()
    if found.block_id:
        return _rows("machines", f"of Capacity Block {found.block_id} in {found.block_zone} alone, which is paid for")
    types = plan.host_types
    lines = []
    if found.open_reservations or found.reservation_ids:
        ids = "any of the account that matches" if found.open_reservations else ", ".join(found.reservation_ids)
        lines += _rows("first", f"Capacity Reservations: {ids}")
    beside = (
        f", then {len(types) - 1} other{'s' if len(types) > 2 else ''} in the order below" if types[1:] else " alone"
    )
    lines += _rows("on demand", f"{plan.instance_type}{beside}")
    if found.spot_percent:
        base = f"above {found.on_demand_base} replicas" if found.on_demand_base else "of all replicas"
        lines += _rows("spot", f"{found.spot_percent}% {base}, where AWS expects to keep them longest")
    return lines + (_types(plan) if types[1:] else [])


def _types(plan: Plan) -> list[str]:
    """``at once``: requests of the typical length that run at the same time."""
    return [COLUMNS, *(_type(plan, each) for each in plan.host_types)]


def _type(plan: Plan, each: HostType) -> str:
    usd = "-" if each.hourly_usd is None else f"{each.hourly_usd:.4f}"
    own = "the plan's" if each.vllm_args == plan.vllm_args else "its own, taken at boot"
    return f"    {each.instance_type:<17}{each.gpus_per_replica:>5}{usd:>9}{each.planned_concurrency:>9,}  {own}"


def scaling(plan: Plan) -> list[str]:
    """When replicas come and go."""
    found = plan.scaling
    if found is None:
        return []
    if not found.follows_load and not found.schedules:
        return _rows("replicas", f"always {plan.replicas.min}: scaling.max is not above scaling.min")
    lines = []
    if found.follows_load:
        lines += _load(found)
    if found.idle_s is not None and found.first_answer_s is not None:
        after = found.first_answer_s
        lines += _rows("to none", f"after {minutes(found.idle_s)} without a request")
        lines += _rows(
            "first answer", f"{minutes(after.low)} to {minutes(after.high)} after the first request, which gets 503"
        )
    lines += [line for each in _schedules(found) for line in _rows(*each)]
    return lines


def _load(found: ScalingPlan) -> list[str]:
    percent = f"{found.target:.0%}"
    full = {
        "in_flight": f"requests, running and waiting, are above {percent} of {found.planned_concurrency:,} per replica",
        "kv_cache": f"the average KV cache is more than {percent} used",
    }[found.signal]
    low = minutes(found.low_for_s)
    pause = minutes(found.scale_in_cooldown_s)
    return [
        *_rows("out", f"when {full}, for 3 minutes"),
        *_rows(
            "in",
            f"by one, when one fewer would have done for {low}; then not again for {pause}, longer than a cold start",
        ),
    ]


def _schedules(found: ScalingPlan) -> Iterator[tuple[str, str]]:
    for each in found.schedules:
        count = str(each.min) if each.min == each.max else f"{each.min} to {each.max}"
        yield each.name, f"{count} from {each.start} to {each.end} (cron), {each.time_zone}"


def change(plan: Plan) -> list[str]:
    """How hosts of a new version take over."""
    found = plan.change
    if found is None:
        return []
    order = "the new host serves before the old one ends" if found.launch_first else "the old host ends first"
    lines = _rows("one at a time", order)
    if found.bake_s:
        pause = f", and the whole change after {found.checkpoints[0]}%" if len(found.checkpoints) > 1 else ""
        lines += _rows("watched", f"each new host for {minutes(found.bake_s)}{pause}; an alarm meanwhile calls it back")
    return lines


def _rows(label: str, text: str) -> list[str]:
    """One row, wrapped."""
    first, *more = textwrap.wrap(text, WIDTH - LABEL - 2, break_long_words=False, break_on_hyphens=False)
    return [row(label if len(label) < LABEL else f"{label} ", first), *(row("", each) for each in more)]
