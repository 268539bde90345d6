"""The one table of what is watched: alarms, rules, dashboards and the runbook come from it. A file per topic."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from monitoring.conditions import AnyOf, Watch
from monitoring.table.errors import ERRORS
from monitoring.table.launches import LAUNCHES
from monitoring.table.load import LOAD
from monitoring.table.machines import MACHINES
from monitoring.table.outage import OUTAGE
from monitoring.table.speed import SPEED

TOPICS: Mapping[str, Sequence[Watch]] = {
    "outage": OUTAGE,
    "errors": ERRORS,
    "speed": SPEED,
    "load": LOAD,
    "machines": MACHINES,
    "launches": LAUNCHES,
}
WATCHES: Sequence[Watch] = tuple(watch for watches in TOPICS.values() for watch in watches)


def speaker_of(watch: Watch) -> str | None:
    """The alarm that sends the messages of this one: of a consequence, and of what that alarm is made of."""
    made_of = (each.id for each in WATCHES if isinstance(each.condition, AnyOf) and watch.id in each.condition.ids)
    return watch.consequence_of or next(made_of, None)


def watch_of(alarm_id: str) -> Watch:
    """The row of that id; LookupError where there is none."""
    for watch in WATCHES:
        if watch.id == alarm_id:
            return watch
    raise LookupError(f"no alarm is called {alarm_id}")
