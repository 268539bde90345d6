"""The boot's durations against the plan's: ``report.py EVENTS_FILE TOTAL_S REPORT_FILE METRICS_FILE``.

Reads INSTANCE_ID, INSTANCE_TYPE, STACK, IMAGE and COLD_START_S ("phase=seconds ...", the plan's estimate) from the
environment. REPORT_FILE is for people and tools; METRICS_FILE is what `aws cloudwatch put-metric-data` takes.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def steps_of(events: str) -> list[dict[str, Any]]:
    """Name and duration of each step that ended well, in order."""
    messages = [json.loads(json.loads(line)["message"]) for line in events.splitlines()]
    return [
        {"step": message["step"], "duration_s": message["duration_s"]}
        for message in messages
        if message["status"] == "ok"
    ]


def report(*, environment: Mapping[str, str], steps: list[dict[str, Any]], total_s: float) -> dict[str, Any]:
    planned = (phase.split("=") for phase in environment["COLD_START_S"].split())
    return {
        "instance_id": environment["INSTANCE_ID"],
        "instance_type": environment["INSTANCE_TYPE"],
        "stack": environment["STACK"],
        "image": environment["IMAGE"],
        "planned_s": {phase: float(seconds) for phase, seconds in planned},
        "steps": steps,
        "total_s": total_s,
    }


def metrics(document: dict[str, Any]) -> list[dict[str, Any]]:
    """BootStepSeconds by step and BootSeconds of the whole, both by stack."""
    stack = {"Name": "Stack", "Value": document["stack"]}
    by_step = [
        {
            "MetricName": "BootStepSeconds",
            "Dimensions": [stack, {"Name": "Step", "Value": step["step"]}],
            "Value": step["duration_s"],
            "Unit": "Seconds",
        }
        for step in document["steps"]
    ]
    whole = {"MetricName": "BootSeconds", "Dimensions": [stack], "Value": document["total_s"], "Unit": "Seconds"}
    return [*by_step, whole]


def main() -> None:
    events_file, total_s, report_file, metrics_file = sys.argv[1:]
    steps = steps_of(Path(events_file).read_text(encoding="utf-8"))
    document = report(environment=os.environ, steps=steps, total_s=float(total_s))
    Path(report_file).write_text(json.dumps(document) + "\n", encoding="utf-8")
    Path(metrics_file).write_text(json.dumps(metrics(document)) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
