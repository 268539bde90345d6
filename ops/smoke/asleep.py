"""Why nobody answers at a stack that may be empty: it is what ``scaling.min: 0`` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ops.rollout.state import Snapshot, judge

if TYPE_CHECKING:
    from ops.endpoint import Endpoint


def why_asleep(endpoint: Endpoint) -> str:
    """Empty where somebody should answer, or it is not known. OpsError when AWS refuses to tell."""
    stack = endpoint.stack
    if stack is None or stack.config.target != "aws":
        return ""
    from ops.rollout.view import Fleet

    return why(Fleet.of(stack).observe(), stack=stack.stack)


def why(snapshot: Snapshot, *, stack: str) -> str:
    if snapshot.least > 0 or snapshot.serving or judge(snapshot).state == "failed":
        return ""
    follow = f"python -m ops rollout --wait --stack {stack}, then again"
    if snapshot.wanted:
        return f"503: a host boots, after a time in which none ran: {follow}"
    return f"503: nothing runs (scaling.min is 0), and this request starts a host within about three minutes: {follow}"
