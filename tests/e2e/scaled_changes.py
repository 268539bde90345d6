"""The changes that people make to scaling and capacity, one row each, and exactly what each touches."""

from __future__ import annotations

from tests.e2e.change import Change, update
from tests.e2e.touches import SHOWS_COST

OFFICE = {"name": "office", "start": "0 8 * * 1-5", "end": "0 18 * * 1-5", "timeZone": "Europe/Berlin"}

SCALED_CHANGES = (
    Change(name="scaled-nothing", config={}),
    Change(
        name="target",
        config={"vllm:scaling": {"target": 0.5}},
        touched=(
            update("Policy vllm-scale-out", "targetTrackingConfiguration", why="holds the load there, in place"),
            update("MetricAlarm vllm-scale-in", "threshold", why="a host goes where the others stay below it"),
            SHOWS_COST,
        ),
    ),
    Change(
        name="schedule-bounds",
        config={"vllm:scaling": {"schedules": [{**OFFICE, "min": 1, "max": 4}]}},
        touched=(update("Schedule vllm-office-start", "minSize", why="in place, from its next time on"),),
    ),
    Change(
        name="capacity-types",
        config={"vllm:compute": {"capacity": {"types": ["g5.2xlarge"], "onDemandBase": 1, "spotPercent": 50}}},
        touched=(
            update("LaunchTemplate vllm-host", "userData", why="has the flags of each type that a host may have"),
            update("Group vllm", "mixedInstancesPolicy", why="its types, and the template's new version: it rolls"),
            update("MetricAlarm vllm-no-capacity", "alarmDescription", why="names the types that were tried"),
        ),
    ),
    Change(
        name="strategy",
        config={"vllm:scaling": {"strategy": "terminate_first"}},
        touched=(
            update(
                "Group vllm",
                "instanceMaintenancePolicy",
                "instanceRefresh",
                why="how the next change goes; nothing is replaced for it",
            ),
        ),
    ),
)
