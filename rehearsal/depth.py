"""How deep a rehearsal can go on this machine, and what the next depth would need."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rehearsal.engine.rig import Missing, Rig, find_rig, missing_tools
from rehearsal.report import Depth


@dataclass(frozen=True, kw_only=True)
class Reach:
    """``depth`` is the deepest possible of those asked for; ``missing`` is what one depth more would take."""

    depth: Depth
    rig: Rig | None
    missing: tuple[Missing, ...]


def reach(*, boot: bool, root: Path, environ: Mapping[str, str] = os.environ) -> Reach:
    """Looks for tools, starts nothing. ``boot``: a booted host is asked for."""
    rig = find_rig(root=root, environ=environ)
    if rig is None:
        return Reach(depth="graph", rig=None, missing=missing_tools(root=root, environ=environ))
    if not boot:
        asked = Missing(what="a host booted from its user data, serving vLLM", how="the option --boot")
        return Reach(depth="engine", rig=rig, missing=(asked,))
    lacking = _host_missing()
    return Reach(depth="engine" if lacking else "boot", rig=rig, missing=lacking)


def reach_of_local(stack: str) -> Reach:
    """Of a stack for this machine: its engine is no stand-in, so there is nothing between the graph and a real up."""
    up = f"pulumi up --stack {stack} && python -m ops smoke --stack {stack}"
    return Reach(depth="graph", rig=None, missing=(Missing(what="the service itself, on this machine", how=up),))


def _host_missing() -> tuple[Missing, ...]:
    from rehearsal.host import needs

    return tuple(Missing(what=what, how=reason) for what, reason in needs.missing().items())
