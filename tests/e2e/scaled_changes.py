"""The changes that people make to scaling and capacity, one row each, and exactly what each touches."""

from __future__ import annotations

from tests.e2e.change import Change

SCALED_CHANGES = (
    Change(name="scaled-nothing", config={}),
    Change(name="target", config={"vllm:scaling": {"target": 0.5}}),
    Change(
        name="schedule-bounds",
        config={
            "vllm:scaling": {
                "schedules": [
                    {
                        "name": "office",
                        "start": "0 8 * * 1-5",
                        "end": "0 18 * * 1-5",
                        "timeZone": "Europe/Berlin",
                        "min": 1,
                        "max": 4,
                    }
                ]
            }
        },
    ),
    Change(
        name="capacity-types",
        config={"vllm:compute": {"capacity": {"types": ["g5.2xlarge"], "onDemandBase": 1, "spotPercent": 50}}},
    ),
    Change(name="strategy", config={"vllm:scaling": {"strategy": "terminate_first"}}),
)
