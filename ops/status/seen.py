"""What a stack's replicas do at one moment. Pure: no AWS, no Docker, no clock."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from typing import Any

from ops.alarms_seen import Watched
from ops.columns import columns, length
from ops.errors import OpsError

OLD_AFTER_S = 180
"""Hosts write a line a minute (``userdata/files/publisher``); three are missing then."""
HEAD = ("replica", "zone", "age", "version", "state", "running", "waiting", "tokens/s", "KV cache", "")


@dataclass(frozen=True, kw_only=True)
class Load:
    """How busy vLLM is, as its host said it ``at`` that time. None: not known then.

    ``kv_cache_used``: the part of the KV cache, 0 to 1. ``vllm``: its version. ``up``: vLLM answered.
    """

    at: datetime
    up: bool | None = None
    running: int | None = None
    waiting: int | None = None
    tokens_per_s: float | None = None
    kv_cache_used: float | None = None
    vllm: str = ""

    @classmethod
    def of(cls, message: str, *, at: datetime) -> Load | None:
        """Of a status line; None for what is none."""
        try:
            said = json.loads(message)
        except ValueError:
            return None
        if not isinstance(said, dict) or "running" not in said:
            return None
        running, waiting = _number(said.get("running")), _number(said.get("waiting"))
        return cls(
            at=at,
            up=said["up"] if isinstance(said.get("up"), bool) else None,
            running=None if running is None else int(running),
            waiting=None if waiting is None else int(waiting),
            tokens_per_s=_number(said.get("tokens_per_s")),
            kv_cache_used=_number(said.get("kv_cache_used")),
            vllm=str(said.get("version") or ""),
        )


@dataclass(frozen=True, kw_only=True)
class Replica:
    """``version``: of the launch template, or of the image on this machine. ``since``: when it was launched.

    ``note``: what else is to be said of it, such as the boot step that it is in.
    """

    id: str
    zone: str
    version: str
    state: str
    serves: bool
    since: datetime | None
    instance_type: str = ""
    load: Load | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Status:
    """``wanted``: replicas. ``lines``: what else is going on, a sentence each.

    ``rings``: ids of alarms; None where nobody watches, or it is not known.
    """

    stack: str
    endpoint: str
    wanted: int
    replicas: tuple[Replica, ...]
    lines: tuple[str, ...] = ()
    rings: tuple[str, ...] | None = None

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
    table = columns(HEAD, [_row(replica, now=now) for replica in status.replicas])
    return "\n".join(
        [
            f"{status.endpoint}: {status.serving} of {status.wanted} replicas serve",
            *([table] if status.replicas else []),
            *status.lines,
            *([] if status.rings is None else [_of_alarms(status.rings)]),
        ]
    )


def _row(replica: Replica, *, now: datetime) -> tuple[str, ...]:
    age = length((now - replica.since).total_seconds()) if replica.since else "?"
    load = replica.load or Load(at=now)
    return (
        replica.id,
        replica.zone,
        age,
        replica.version,
        replica.state,
        _shown(load.running, "{:d}"),
        _shown(load.waiting, "{:d}"),
        _shown(load.tokens_per_s, "{:.1f}"),
        _shown(load.kv_cache_used, "{:.0%}"),
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
        "replicas": [_entry(replica, now=now) for replica in status.replicas],
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


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
