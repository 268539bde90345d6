"""The life of a stack on the real engine whose replicas come and go by themselves, of several types and partly on spot
instances. AWS's time passes as it is told to: between a Monday at six in the morning and the evening after it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rehearsal.aws.calls import Call
from rehearsal.aws.clock import ManualClock
from rehearsal.aws.server import EmulatedAws
from rehearsal.engine.events import Run
from rehearsal.engine.rig import Rig
from rehearsal.engine.stack import EngineStack, Held
from rehearsal.inventory.everything import inventory
from rehearsal.inventory.model import Section
from sizing.plan import Plan
from tests.e2e.observed import Snapshot, look
from tests.e2e.opened import opened
from tests.e2e.previews import Preview, preview_all
from tests.e2e.scaled_changes import SCALED_CHANGES
from tests.e2e.scaled_world import ScaledWorld, Seen
from tests.program.cases import merged, values_of

SCALED = "scaled"
STACK = "dev"
MONDAY = datetime(2026, 7, 6, 4, 0, tzinfo=UTC)  # six o'clock in Berlin
ASKED: Mapping[str, Any] = {
    "vllm:compute": {"capacity": {"types": "auto", "onDemandBase": 1, "spotPercent": 50}},
    "vllm:scaling": {
        "min": 0,
        "max": 4,
        "schedules": [
            {
                "name": "office",
                "start": "0 8 * * 1-5",
                "end": "0 18 * * 1-5",
                "timeZone": "Europe/Berlin",
                "min": 2,
                "max": 4,
            }
        ],
    },
}


@dataclass(frozen=True, kw_only=True)
class Rollback:
    """A change that an alarm calls back. ``paused``: at its checkpoint; ``rung``: just after; ``ended``: at its end."""

    up: Run
    paused: Seen
    rung: Seen
    ended: Seen
    settled: Run


@dataclass(frozen=True, kw_only=True)
class ScaledLife:
    """In the order in which it happened. ``woken``: after a refused request; ``loaded``: full, with the first type sold
    out; ``office``: during the schedule; ``evening``: after it; ``thinned``: after little load; ``alone``: after none;
    ``left``: what the account holds more at the end."""

    plan: Plan
    up: Run
    first: Snapshot
    sections: tuple[Section, ...]
    policies: Mapping[str, Mapping[str, Any]]
    schedules: Mapping[str, Mapping[str, Any]]
    second_up: Run
    refresh: Run
    state: tuple[Held, ...]
    previews: Mapping[str, Preview]
    empty: Seen
    woken: Seen
    loaded: Seen
    office: Seen
    in_office: Run
    rollback: Rollback
    evening: Seen
    thinned: Seen
    alone: Seen
    destroy: Run
    held: tuple[Held, ...]
    left: frozenset[str]
    calls: tuple[Call, ...]


def live_scaled(*, rig: Rig, environ: Mapping[str, str]) -> ScaledLife:
    values = merged(values_of(STACK), ASKED)
    waits, wall = ManualClock(), ManualClock()
    aws_of_its_own = EmulatedAws(region=values["aws:region"], waits=waits, wall=wall, started=MONDAY)
    with opened(stack=STACK, values=values, rig=rig, environ=environ, aws=aws_of_its_own) as stack:
        aws, engine, plan = stack.aws, stack.engine, stack.plan
        up = engine.up()
        outputs = engine.outputs()
        world = ScaledWorld(aws=aws, waits=waits, wall=wall, plan=plan, group=outputs["autoscaling_group"])
        first, sections = look(aws, outputs=outputs), inventory(aws.client, outputs=outputs)
        policies, schedules = world.policies(), world.schedules()
        second_up, refresh = engine.up(), engine.refresh()
        state = engine.resources()
        previews = preview_all(SCALED_CHANGES, engine=engine, aws=aws)
        empty, woken, loaded = world.see(), world.wake_up(), world.fill()
        office, in_office = world.until_hour(8), engine.preview()
        rollback = _roll_back(engine, world=world)
        evening, thinned, alone = world.until_hour(18), world.thin_out(), world.leave_alone()
        destroy = engine.destroy(exclude_protected=True)
        return ScaledLife(
            plan=plan,
            up=up,
            first=first,
            sections=sections,
            policies=policies,
            schedules=schedules,
            second_up=second_up,
            refresh=refresh,
            state=state,
            previews=previews,
            empty=empty,
            woken=woken,
            loaded=loaded,
            office=office,
            in_office=in_office,
            rollback=rollback,
            evening=evening,
            thinned=thinned,
            alone=alone,
            destroy=destroy,
            held=engine.resources(),
            left=stack.left(),
            calls=aws.calls,
        )


def _roll_back(engine: EngineStack, *, world: ScaledWorld) -> Rollback:
    engine.edit_config(lambda config: config["vllm:serving"].update(extraArgs={"seed": 7}))
    up = engine.up()
    paused = world.until_pause()
    rung = world.ring("server-errors")
    return Rollback(up=up, paused=paused, rung=rung, ended=world.until_end(), settled=engine.preview())
