"""The alarms of one stack at one moment, whoever keeps them. Pure: no AWS, no clock."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from monitoring.composites import TOLD_SUFFIX
from monitoring.table import WATCHES
from ops.columns import columns, length

State = Literal["ALARM", "OK", "INSUFFICIENT_DATA", "PENDING"]
"""As CloudWatch says it. PENDING: of Prometheus, true and not yet for as long as the condition asks."""
RINGS: State = "ALARM"
QUIET: State = "OK"
NO_DATA: State = "INSUFFICIENT_DATA"
PENDING: State = "PENDING"
STATES: Mapping[State, str] = {RINGS: "RINGS", PENDING: "pending", NO_DATA: "no data", QUIET: "quiet"}
"""As people say it; those first that somebody has to look at."""
REASON_MAX_LENGTH = 100
_ALARM_OF_RULE = re.compile(r"""\b(?:ALARM|OK|INSUFFICIENT_DATA)\s*\(\s*["']?([^"')]+?)["']?\s*\)""")


@dataclass(frozen=True, kw_only=True)
class Seen:
    """``acts``: somebody is told by this alarm itself. ``rule``: of a composite; empty for an alarm on a metric.
    ``since``: None where nobody knows.

    ``suppressor``: the name of the alarm while which rings this one tells nobody; it waits ``wait_s`` seconds for it.
    ``suppressed``: that is so now.
    """

    id: str
    name: str
    state: State
    since: datetime | None
    reason: str
    acts: bool
    acting_enabled: bool = True
    rule: str = ""
    suppressor: str = ""
    wait_s: int = 0
    suppressed: bool = False

    @property
    def rings(self) -> bool:
        return self.state == RINGS

    @property
    def children(self) -> tuple[str, ...]:
        """Names of the alarms that a composite is made of."""
        named = (text.rpartition(":alarm:")[2] for text in _ALARM_OF_RULE.findall(self.rule))
        return tuple(dict.fromkeys(named))


@dataclass(frozen=True, kw_only=True)
class EventRule:
    """What tells of single events and so has no state."""

    id: str
    name: str
    enabled: bool


@dataclass(frozen=True, kw_only=True)
class Watched:
    """Everything that tells of one stack, in the order of the table."""

    alarms: tuple[Seen, ...]
    rules: tuple[EventRule, ...] = ()

    @classmethod
    def of(cls, alarms: Iterable[Seen], rules: Iterable[EventRule] = ()) -> Watched:
        return cls(alarms=tuple(sorted(alarms, key=_place)), rules=tuple(sorted(rules, key=lambda rule: rule.id)))

    @property
    def shown(self) -> tuple[Seen, ...]:
        """One per condition: a composite that only passes on another alarm is not a condition of its own."""
        passed_on = {alarm.id + TOLD_SUFFIX for alarm in self.alarms}
        return tuple(alarm for alarm in self.alarms if alarm.id not in passed_on)

    def teller(self, alarm: Seen) -> Seen | None:
        """The alarm that tells of ``alarm``: itself, or the composite that is about the fewest others."""
        if alarm.acts:
            return alarm
        parents = [each for each in self.alarms if each.acts and alarm.name in each.children]
        return min(parents, key=lambda each: len(each.children), default=None)


def known_ids() -> tuple[str, ...]:
    """Of everything that this program watches, in the table's order."""
    return tuple(watch.id for watch in WATCHES)


def severity_of(alarm_id: str) -> str:
    """Empty for an alarm that this program does not know."""
    known = {watch.id: str(watch.severity) for watch in WATCHES}
    return known.get(alarm_id.removesuffix(TOLD_SUFFIX), "")


def id_of(name: str, *, stack: str) -> str:
    """The table's id in a physical name: ``vllm-<stack>-<id>``, or ``vllm-<id>-<random>`` as Pulumi makes it.

    The whole name where it is neither.
    """
    own = name.removeprefix(f"vllm-{stack}-")
    if own != name and own.removesuffix(TOLD_SUFFIX) in known_ids():
        return own
    made = re.fullmatch(r"vllm-(.+)-[0-9a-f]{7,}", name)
    return made[1] if made else name


def _place(alarm: Seen) -> tuple[int, str]:
    order = known_ids()
    base = alarm.id.removesuffix(TOLD_SUFFIX)
    return (order.index(base) if base in order else len(order), alarm.id)


def listing(watched: Watched, *, now: datetime) -> str:
    """A line per condition; those that ring first."""
    states = list(STATES)
    alarms = sorted(watched.shown, key=lambda alarm: states.index(alarm.state))
    rows = [_row(alarm, watched, now=now) for alarm in alarms]
    events = [
        (rule.id, "event" if rule.enabled else "OFF", "", severity_of(rule.id), _of_event(rule))
        for rule in watched.rules
    ]
    count = sum(alarm.rings for alarm in alarms)
    total = f"{count or 'none'} of {len(alarms)} alarms {'ring' if count > 1 else 'rings'}"
    return "\n".join([columns(("alarm", "state", "since", "severity", "why"), [*rows, *events]), total])


def _row(alarm: Seen, watched: Watched, *, now: datetime) -> tuple[str, ...]:
    since = f"{length((now - alarm.since).total_seconds())} ago" if alarm.since else ""
    return (alarm.id, STATES[alarm.state], since, severity_of(alarm.id), _why(alarm, watched))


def _why(alarm: Seen, watched: Watched) -> str:
    reason = " ".join(alarm.reason.split())
    short = reason if len(reason) <= REASON_MAX_LENGTH else reason[: REASON_MAX_LENGTH - 3] + "..."
    note = not_told(alarm, watched)
    return f"{short} ({note})" if note else short


def not_told(alarm: Seen, watched: Watched) -> str:
    """Why nobody hears of this alarm; empty when somebody does."""
    teller = watched.teller(alarm)
    if teller is None:
        return "nothing tells of it"
    if not teller.acting_enabled:
        return "its actions are switched off"
    if alarm.rings and teller.suppressed:
        return f"not told: {_id_of_name(teller.suppressor, watched)} rings"
    return ""


def _id_of_name(name: str, watched: Watched) -> str:
    return next((alarm.id for alarm in watched.alarms if alarm.name == name), name)


def _of_event(rule: EventRule) -> str:
    return "told each time that it happens" if rule.enabled else "its rule is switched off: nobody is told"


def document(watched: Watched) -> dict[str, Any]:
    """What ``--json`` prints."""
    return {
        "alarms": [_entry(alarm, watched) for alarm in watched.shown],
        "events": [{"id": rule.id, "name": rule.name, "enabled": rule.enabled} for rule in watched.rules],
    }


def _entry(alarm: Seen, watched: Watched) -> dict[str, Any]:
    teller = watched.teller(alarm)
    return {
        "id": alarm.id,
        "name": alarm.name,
        "severity": severity_of(alarm.id),
        "state": alarm.state,
        "since": alarm.since.isoformat(timespec="seconds") if alarm.since else None,
        "reason": alarm.reason,
        "told_by": teller.name if teller else None,
        "not_told": not_told(alarm, watched),
    }


def one_per_message(watched: Watched) -> Sequence[Seen]:
    """One alarm per message that can go out: conditions, each told by another alarm."""
    chosen: dict[str, Seen] = {}
    for alarm in watched.shown:
        teller = watched.teller(alarm)
        chosen.setdefault(teller.name if teller else alarm.name, alarm)
    return tuple(chosen.values())
