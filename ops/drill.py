"""Whether the message of an alarm goes out: the alarm is set, its history read, and its state put back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from ops.alarms_seen import RINGS, Seen, State, Watched
from ops.errors import OpsError
from ops.rollout import Clock

if TYPE_CHECKING:
    from ops.stack_alarms import Action

POLL_S = 2.0
TEST = "This is a test (python -m ops alarms test): nothing is wrong."
OVER = "The test (python -m ops alarms test) is over."


class Alarms(Protocol):
    """What a drill needs of ``ops.stack_alarms.StackAlarms``."""

    def seen(self, name: str) -> Seen | None: ...

    def set_state(self, name: str, state: State, *, reason: str) -> None: ...

    def actions(self, name: str) -> tuple[Action, ...]: ...


@dataclass(frozen=True, kw_only=True)
class Asked:
    """An alarm to be tested, and the one that tells of it; None when nothing does.

    ``silenced_by``: the alarm that rings and while which does this one tells nobody; empty otherwise.
    """

    alarm: Seen
    teller: Seen | None
    silenced_by: str = ""

    @classmethod
    def of(cls, alarm: Seen, watched: Watched) -> Asked:
        teller = watched.teller(alarm)
        silent = [each.id for each in watched.alarms if teller and each.name == teller.suppressor and each.rings]
        return cls(alarm=alarm, teller=teller, silenced_by="".join(silent[:1]))


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """``alarm``: the name of the one that told, or should have."""

    id: str
    alarm: str
    passed: bool
    detail: str
    duration_s: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Drill:
    """``margin_s``: how long a message may take beyond the time for which its alarm waits for a suppressor."""

    alarms: Alarms
    margin_s: float
    clock: Clock = field(default_factory=Clock)
    say: Callable[[str], None]

    def run(self, asked: Sequence[Asked]) -> list[Outcome]:
        """In the order of ``asked``. Every state is put back, also when the drill is interrupted.

        Alarms with a suppressor come first, all at once: those of the others may be what suppresses them.
        """
        outcomes = {each.alarm.id: outcome for each in asked if (outcome := self._without_a_test(each)) is not None}
        left = [each for each in asked if each.alarm.id not in outcomes]
        for waiting in (True, False):
            tellers = {
                each.alarm.id: each.teller for each in left if each.teller and bool(each.teller.wait_s) == waiting
            }
            if tellers:
                outcomes |= self._together(tellers)
        return [outcomes[each.alarm.id] for each in asked]

    def _without_a_test(self, asked: Asked) -> Outcome | None:
        """Of an alarm that must not or cannot be set."""
        alarm, teller = asked.alarm, asked.teller
        if teller is None:
            return Outcome(id=alarm.id, alarm=alarm.name, passed=False, detail="nothing tells of it: it has no action")
        if not teller.acting_enabled:
            return Outcome(
                id=alarm.id,
                alarm=teller.name,
                passed=False,
                detail=f"its actions are switched off: aws cloudwatch enable-alarm-actions --alarm-names {teller.name}",
            )
        if not teller.rings and asked.silenced_by:
            return Outcome(
                id=alarm.id,
                alarm=teller.name,
                passed=False,
                detail=f"not set: nobody is told of it while {asked.silenced_by} rings",
            )
        if not teller.rings:
            return None
        # It is left as it is: to test it would be to end a real alarm.
        told = self.alarms.actions(teller.name)
        passed = bool(told) and told[0].done
        what = "its message has gone out" if passed else (told[0].summary if told else "no message has gone out")
        return Outcome(
            id=alarm.id, alarm=teller.name, passed=passed, detail=f"not set, because it rings by itself; {what}"
        )

    def _together(self, tellers: Mapping[str, Seen]) -> dict[str, Outcome]:
        wait_s = max(teller.wait_s for teller in tellers.values())
        names = {teller.name: teller for teller in tellers.values()}
        if wait_s:
            causes = ", ".join(sorted({teller.suppressor for teller in names.values() if teller.suppressor}))
            self.say(f"{', '.join(tellers)}: CloudWatch waits up to {wait_s} s for {causes} before it tells")
        known = {name: frozenset(action.key for action in self.alarms.actions(name)) for name in names}
        started_s = self.clock.now_s()
        try:
            for name in names:
                self.alarms.set_state(name, RINGS, reason=TEST)
            found = self._await(known, deadline_s=started_s + wait_s + self.margin_s)
        finally:
            failed = self._put_back(names.values())
        return {
            alarm_id: _outcome(alarm_id, teller, found.get(teller.name), started_s, failed.get(teller.name, ""))
            for alarm_id, teller in tellers.items()
        }

    def _await(self, known: Mapping[str, frozenset[str]], *, deadline_s: float) -> dict[str, tuple[Action, float]]:
        """The first action of each alarm that is not ``known``, and when it was seen."""
        found: dict[str, tuple[Action, float]] = {}
        while True:
            for name in known.keys() - found.keys():
                new = [action for action in self.alarms.actions(name) if action.key not in known[name]]
                if new:
                    found[name] = new[-1], self.clock.now_s()
                    self.say(f"{name}: {new[-1].summary}")
            if len(found) == len(known) or self.clock.now_s() >= deadline_s:
                return found
            self.clock.sleep(POLL_S)

    def _put_back(self, tellers: Iterable[Seen]) -> dict[str, str]:
        """What could not be, by name. Alarms on metrics first: a composite follows them.

        A state that has another reason by now is not the test's, and stays.
        """
        failed: dict[str, str] = {}
        for before in sorted(tellers, key=lambda each: bool(each.rule)):
            try:
                now = self.alarms.seen(before.name)
                if now is not None and now.rings and now.reason == TEST:
                    self.alarms.set_state(before.name, before.state, reason=OVER)
            except OpsError as error:
                failed[before.name] = (
                    f"{error.problem.message}; put it back with aws cloudwatch set-alarm-state "
                    f"--alarm-name {before.name} --state-value {before.state} --state-reason over"
                )
        return failed


def _outcome(
    alarm_id: str, teller: Seen, found: tuple[Action, float] | None, started_s: float, not_put_back: str
) -> Outcome:
    if found is None:
        return Outcome(
            id=alarm_id,
            alarm=teller.name,
            passed=False,
            detail="; ".join(filter(None, ("its history shows no message", not_put_back))),
        )
    action, at_s = found
    detail = "its message went out" if action.done else action.summary
    return Outcome(
        id=alarm_id,
        alarm=teller.name,
        passed=action.done and not not_put_back,
        detail="; ".join(filter(None, (detail, not_put_back))),
        duration_s=round(at_s - started_s, 1),
    )
