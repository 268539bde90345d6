"""The agent's round: looks at what is due, and starts the scripts that act."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timezone

from .care import Care
from .disk import newly_full
from .ending import Ending, Notice, ending_of
from .hand import Hand
from .kernel import fatal_errors
from .keys import Keys
from .leave import Leave
from .machine import Machine

NOTICE_EVERY_S = 5
HEALTH_EVERY_S = 10
HARDWARE_EVERY_S = 60


def utc_now() -> datetime:
    return datetime.now(timezone.utc)  # noqa: UP017 (hosts may have Python 3.10)


@dataclass(kw_only=True)
class Loop:
    """``tick`` about once a second. ``now_s`` counts forward only; ``wall`` is compared with what EC2 announces."""

    machine: Machine
    hand: Hand
    care: Care
    leave: Leave
    keys: Keys
    wall: Callable[[], datetime] = utc_now
    _due: dict[str, float] = field(default_factory=dict)
    _full: frozenset[str] = frozenset()
    _ending: Ending | None = None
    _stopping: bool = False
    _leaving_all_as_it_is: bool = False

    def tick(self, now_s: float) -> None:
        if self._is_due("notice", now_s, every_s=NOTICE_EVERY_S):
            notice = self.machine.notice() or Notice()
            self._see(notice, now_s)
            if self._ending is None and not self._stopping:
                self.keys.look(notice.keys, now_s)
        self.care.settle()
        if self._ending is not None:
            self.leave.tick(now_s)
            return
        if self._stopping:
            return
        self.care.listen()
        if self._is_due("health", now_s, every_s=HEALTH_EVERY_S):
            self.care.look(now_s)
        if self._is_due("hardware", now_s, every_s=HARDWARE_EVERY_S):
            self._look_at_hardware()

    def stop(self) -> None:
        """systemd stops the agent: without it nothing would drain this host, so the server goes first."""
        self._stopping = True
        self._leaving_all_as_it_is = self.machine.agent_restarts()
        if self._ending is None and not self._leaving_all_as_it_is:
            self.care.stop()

    def may_end(self) -> bool:
        """Whether a stop is done: nothing that cuts requests off would be left to somebody else."""
        if self._leaving_all_as_it_is:
            return True  # the next agent begins with the drain anew
        return self._stopping and not self.leave.at_work() and not self.care.stopping()

    def _is_due(self, what: str, now_s: float, *, every_s: float) -> bool:
        if now_s < self._due.get(what, now_s):
            return False
        self._due[what] = now_s + every_s
        return True

    def _see(self, notice: Notice, now_s: float) -> None:
        if notice.rebalance is not None and self.hand.first_time("rebalance"):
            self.hand.tell("agent", "warning", "EC2 recommends to rebalance: an interruption is likely")
            self.hand.count("RebalanceRecommendations", 1)
        ending = ending_of(notice, now=self.wall())
        if ending is None or (self._ending is not None and self._ending.is_spot):
            return
        if ending.is_spot and self.hand.first_time("spot"):
            self.hand.tell("agent", "warning", f"EC2 takes this spot instance: {notice.spot}")
            self.hand.count("SpotInterruptions", 1)
        if self._ending is None or ending.is_spot:
            self._ending = ending
            self.leave.begin(ending, now_s, hung=self.care.is_hung())

    def _look_at_hardware(self) -> None:
        for error in fatal_errors(self.machine.new_kernel_lines()):
            self.hand.tell("agent", "warning", error)
        sentences, self._full = newly_full(self.machine.used_percent(), known=self._full)
        for sentence in sentences:
            self.hand.tell("agent", "warning", sentence)
