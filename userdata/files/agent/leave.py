"""The end of this host: one script drains it, and what runs too long for a spot notice is cut and counted."""

from __future__ import annotations

from dataclasses import dataclass

from .ending import Ending
from .hand import Hand
from .machine import Machine

AGAIN_AFTER_S = 10
HUNG_CUT_S = 20  # leaves the load balancer its 10 s; the requests in a hung server never end
_DRAIN, _CUT = "drain", "cut"


@dataclass(kw_only=True)
class Leave:
    machine: Machine
    hand: Hand
    _cause: str = ""
    _begun_s: float = 0
    _cut_at_s: float | None = None
    _again_at_s: float = 0
    _done: bool = True

    def begin(self, ending: Ending, now_s: float, *, hung: bool) -> None:
        """A second, more urgent cause only brings the cut: the drain is the same."""
        limits = [limit for limit in (ending.cut_after_s, HUNG_CUT_S if hung else None) if limit is not None]
        self._cut_at_s = now_s + min(limits) if limits else None
        self._cause = ending.cause
        self._begun_s = now_s
        self._again_at_s = now_s
        self._done = False

    def at_work(self) -> bool:
        return not self._done

    def tick(self, now_s: float) -> None:
        status = self.hand.jobs.result(_DRAIN)
        if status == 0:
            self._done = True
        elif status is not None:
            self._again_at_s = now_s + AGAIN_AFTER_S
        if not self._done and now_s >= self._again_at_s:
            self.hand.jobs.start(_DRAIN, *self.hand.script("drain.sh", self._cause))
        if self._cut_at_s is not None and now_s >= self._cut_at_s:
            self._cut_at_s = None
            self._cut(now_s)

    def _cut(self, now_s: float) -> None:
        load = self.machine.load()
        self.hand.jobs.result(_CUT)
        self.hand.jobs.start(_CUT, *self.hand.script("cut.sh"))
        if load is not None and load.requests > 0:
            self.hand.count("RequestsCut", load.requests)
            reason = f"{self._cause}: {load.requests} requests were cut, the time was up"
            self.hand.tell("drain", "warning", reason, after_s=now_s - self._begun_s)
