"""Whether the server works. Pure: one look after the other goes in, a verdict comes out.

Proof of work is progress in the engine's metrics, or a completion that came back. A server that is busy makes
progress, so it is never found unhealthy for being slow to answer. Seconds are of a clock that only runs forward.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum

from .metrics import Load


@dataclass(frozen=True, kw_only=True)
class Unit:
    """``systemctl show``: ActiveState and InvocationID, which is another one after each start."""

    state: str
    invocation: str = ""


@dataclass(frozen=True, kw_only=True)
class Seen:
    """One look at the server. ``load`` None: /metrics did not answer. ``completion``: one came back since the last
    look."""

    now_s: float
    vllm: Unit
    docker: Unit
    load: Load | None
    completion: bool = False


@dataclass(frozen=True, kw_only=True)
class Limits:
    """``stall_s``: longer than anything that a working server takes to show progress. ``ready_s``: what a start may
    take."""

    stall_s: float
    ready_s: float

    # Without proof for so long, a completion is asked for; there is time for another before the server is given up.
    @property
    def ask_busy_s(self) -> float:
        return min(30, self.stall_s / 6)

    @property
    def ask_idle_s(self) -> float:
        return min(60, self.stall_s / 3)

    @property
    def ask_timeout_s(self) -> float:
        """For a completion. One that is late on a busy server does no harm: progress is proof, too."""
        return min(60, self.stall_s / 3)


@dataclass(frozen=True, kw_only=True)
class Health:
    """What is remembered. ``proven_s``: the last proof of work, or the last moment at which none was expected.
    ``proven_in`` and ``completed_in``: the invocations of the last proof and of the last completion."""

    proven_s: float
    proven_in: str = ""
    completed_in: str = ""
    signature: tuple[str, ...] = ()


class State(Enum):
    STOPPED = "stopped"  # by a person, or not started yet: nothing to judge
    LOADING = "loading"
    SERVING = "serving"
    UNHEALTHY = "unhealthy"  # only a new host helps


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """``ask``: a completion is wanted as proof. ``completed``: this start of the server has served one."""

    state: State
    reason: str = ""
    ask: bool = False
    completed: bool = False


def judge(before: Health, seen: Seen, limits: Limits) -> tuple[Health, Verdict]:
    for name, unit in (("vllm.service", seen.vllm), ("docker.service", seen.docker)):
        if unit.state == "failed":
            verdict = Verdict(state=State.UNHEALTHY, reason=f"{name} failed: systemd restarts it no more")
            return Health(proven_s=seen.now_s), verdict
    if seen.vllm.state in ("inactive", "deactivating"):
        return Health(proven_s=seen.now_s), Verdict(state=State.STOPPED)
    after = _remember(before, seen)
    return after, _verdict(after, seen, limits)


def _remember(before: Health, seen: Seen) -> Health:
    after = before
    if _is_proof(before, seen):
        after = replace(after, proven_s=seen.now_s, proven_in=seen.vllm.invocation)
    if seen.completion:
        after = replace(after, completed_in=seen.vllm.invocation)
    return after if seen.load is None else replace(after, signature=seen.load.signature)


def _is_proof(before: Health, seen: Seen) -> bool:
    if seen.completion:
        return True
    if seen.load is None:
        return False
    # The server opens its port when the engine is ready. One without the series cannot be judged by them.
    first = before.proven_in != seen.vllm.invocation
    return first or not seen.load.signature or seen.load.signature != before.signature


def _verdict(health: Health, seen: Seen, limits: Limits) -> Verdict:
    silent_s = seen.now_s - health.proven_s
    started = health.proven_in == seen.vllm.invocation
    completed = health.completed_in == seen.vllm.invocation
    # Restarts do not begin the time anew: a server that crashes in each start would have for ever.
    if silent_s >= (limits.stall_s if started else limits.ready_s):
        return Verdict(state=State.UNHEALTHY, reason=_reason(seen, silent_s=silent_s, started=started))
    if not started:
        return Verdict(state=State.LOADING)
    busy = seen.load is not None and seen.load.requests > 0
    ask = not completed or silent_s >= (limits.ask_busy_s if busy else limits.ask_idle_s)
    return Verdict(state=State.SERVING, ask=ask, completed=completed)


def _reason(seen: Seen, *, silent_s: float, started: bool) -> str:
    if not started:
        return f"vLLM does not serve {silent_s:.0f} s after it last did"
    if seen.load is None:
        return f"vLLM hangs: no answer and no completion for {silent_s:.0f} s"
    return f"vLLM hangs: no completion and no progress for {silent_s:.0f} s, {seen.load.requests} requests in it"
