"""What a stack's replicas do at one moment. Pure: no AWS, no Docker, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from ops.alarms_seen import Watched
from ops.columns import columns, length
from ops.errors import OpsError
from ops.rollout.state import ASLEEP
from ops.status.load import Load
from ops.status.scale import IN_FLIGHT, Scale, load_of
from ops.status.scale import lines as lines_of_scale

OLD_AFTER_S = 180
"""Hosts write a line a minute (``userdata/files/publisher``); three are missing then."""
HEAD = ("replica", "type", "zone", "age", "version", "state", "running", "waiting", "tokens/s", "KV cache", "load", "")


@dataclass(frozen=True, kw_only=True)
class Replica:
    """``version``: of the launch template, or of the image on this machine. ``since``: when it was launched.

    ``market``: how AWS gave it, such as spot. ``planned_concurrency``: requests that its type is to run at once.
    ``note``: what else is to be said of it, such as the boot step that it is in.
    """

    id: str
    zone: str
    version: str
    state: str
    serves: bool
    since: datetime | None
    instance_type: str = ""
    market: str = ""
    planned_concurrency: int | None = None
    load: Load | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Status:
    """``wanted``: replicas. ``lines``: what else is going on, a sentence each. ``scale``: None on this machine.

    ``rings``: ids of alarms; None where nobody watches, or it is not known.
    """

    stack: str
    endpoint: str
    wanted: int
    replicas: tuple[Replica, ...]
    lines: tuple[str, ...] = ()
    rings: tuple[str, ...] | None = None
    scale: Scale | None = None

    @property
    def signal(self) -> str:
        return self.scale.signal if self.scale else IN_FLIGHT

    def load(self, replica: Replica) -> float | None:
        """1 is full."""
        return load_of(replica.load, planned_concurrency=replica.planned_concurrency, signal=self.signal)

    def loads(self) -> list[float]:
        """Of the replicas that serve, as far as they are known."""
        found = (self.load(replica) for replica in self.replicas if replica.serves)
        return [each for each in found if each is not None]

    @property
    def serving(self) -> int:
        return sum(replica.serves for replica in self.replicas)

    def with_alarms(self, watched: Callable[[], Watched]) -> Status:
        """And which alarms ring; a sentence where these cannot be read, for the rest is worth showing all the same."""
        try:
            alarms = watched().shown
        except OpsError as error:
            return replace(self, lines=(*self.lines, f"the alarms cannot be read: {error.problem.message}"))
        return replace(self, rings=tuple(alarm.id for alarm in alarms if alarm.rings))


def text(status: Status, *, now: datetime) -> str:
    """For people: how many serve, a line per replica, what else is going on."""
    table = columns(HEAD, [_row(replica, status=status, now=now) for replica in status.replicas])
    empty = not status.wanted and not status.serving
    count = ASLEEP if empty else f"{status.serving} of {status.wanted} replicas serve"
    return "\n".join(
        [
            f"{status.endpoint}: {count}",
            *([table] if status.replicas else []),
            *([] if status.scale is None else lines_of_scale(status.scale, loads=status.loads(), now=now)),
            *status.lines,
            *([] if status.rings is None else [_of_alarms(status.rings)]),
        ]
    )


def _row(replica: Replica, *, status: Status, now: datetime) -> tuple[str, ...]:
    age = length((now - replica.since).total_seconds()) if replica.since else "?"
    load = replica.load or Load(at=now)
    return (
        replica.id,
        ", ".join(filter(None, (replica.instance_type, replica.market))),
        replica.zone,
        age,
        replica.version,
        replica.state,
        _shown(load.running, "{:d}"),
        _shown(load.waiting, "{:d}"),
        _shown(load.tokens_per_s, "{:.1f}"),
        _shown(load.kv_cache_used, "{:.0%}"),
        _shown(status.load(replica), "{:.2f}"),
        _notes(replica, now=now),
    )


def _notes(replica: Replica, *, now: datetime) -> str:
    load = replica.load
    if load is None:
        return replica.note or "has said nothing yet"
    age_s = (now - load.at).total_seconds()
    said = f"said {length(age_s)} ago" + (": OLD" if age_s > OLD_AFTER_S else "")
    down = "vLLM does not answer" if load.up is False else ""
    return ", ".join(filter(None, (down, replica.note, said)))


def _shown(value: float | None, form: str) -> str:
    return "?" if value is None else form.format(value)


def _of_alarms(rings: Sequence[str]) -> str:
    if not rings:
        return "no alarm rings"
    return f"alarms that ring: {', '.join(rings)} (python -m ops alarms list)"


def document(status: Status, *, now: datetime) -> dict[str, Any]:
    """What ``--json`` prints; times in ISO 8601, lengths in seconds."""
    return {
        "stack": status.stack,
        "endpoint": status.endpoint,
        "wanted": status.wanted,
        "serving": status.serving,
        "scale": _scale(status),
        "replicas": [
            {**_entry(replica, now=now), "load_per_planned": _rounded(status.load(replica))}
            for replica in status.replicas
        ],
        "notes": list(status.lines),
        "alarms": None if status.rings is None else list(status.rings),
    }


def _entry(replica: Replica, *, now: datetime) -> Mapping[str, Any]:
    load = replica.load
    content = {name: value for name, value in asdict(replica).items() if name not in ("since", "load")}
    said: dict[str, Any] = {"load": None}
    if load is not None:
        age_s = (now - load.at).total_seconds()
        numbers = {name: value for name, value in asdict(load).items() if name != "at"}
        said = {"load": {**numbers, "age_s": round(age_s, 1), "old": age_s > OLD_AFTER_S}}
    age = round((now - replica.since).total_seconds(), 1) if replica.since else None
    return {**content, "age_s": age, **said}


def _scale(status: Status) -> Mapping[str, Any] | None:
    if status.scale is None:
        return None
    loads, change = status.loads(), status.scale.change
    return {
        **asdict(status.scale),
        "load": _rounded(sum(loads) / len(loads)) if loads else None,
        "change": {**asdict(change), "at": change.at.isoformat()} if change else None,
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
