"""What a rehearsal found, as frozen data and as the one JSON document of ``ops rehearse --json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from rehearsal.engine.rig import Missing
from rehearsal.inventory.model import Section

Depth = Literal["graph", "engine", "boot"]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One thing that a rehearsal had to show. ``detail`` says what came out, or what went wrong."""

    name: str
    passed: bool
    detail: str
    seconds: float


@dataclass(frozen=True, kw_only=True)
class Report:
    """``deeper``: what this machine lacks for the next depth; empty when there is none. ``left``: ids that AWS still
    holds after the destroy."""

    stack: str
    depth: Depth
    deeper: tuple[Missing, ...]
    plan: Mapping[str, Any]
    resources: int
    outputs: Mapping[str, Any]
    inventory: tuple[Section, ...]
    checks: tuple[Check, ...]
    left: tuple[str, ...]
    seconds: float

    @property
    def passed(self) -> bool:
        return bool(self.checks) and all(check.passed for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        return {
            "stack": self.stack,
            "passed": self.passed,
            "depth": self.depth,
            "deeper": [asdict(tool) for tool in self.deeper],
            "plan": dict(self.plan),
            "resources": self.resources,
            "outputs": dict(self.outputs),
            "aws": [section.as_dict() for section in self.inventory],
            "checks": [asdict(check) for check in self.checks],
            "left": list(self.left),
            "seconds": round(self.seconds, 1),
        }


def document_of(reports: Sequence[Report]) -> dict[str, Any]:
    """Of one stack its report; of several all reports and whether all passed."""
    if len(reports) == 1:
        return reports[0].as_dict()
    return {"passed": all(report.passed for report in reports), "stacks": [report.as_dict() for report in reports]}
