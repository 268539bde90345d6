"""What a rollout looks like at one moment, and what that means. Pure: no AWS, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

# DescribeInstanceRefreshes: the statuses in which a refresh is still at work.
ACTIVE_REFRESH = {"Pending", "InProgress", "Cancelling", "RollbackInProgress", "Baking"}
ROLLED_BACK = "RollbackSuccessful"
FAILED_LAUNCH = {"Failed", "Cancelled"}
# Auto Scaling tries again by itself, in other zones too: no reason to give up.
TRANSIENT = ("InsufficientInstanceCapacity", "do not have sufficient", "UnfulfillableCapacity", "InsufficientCapacity")
ASLEEP = "nothing runs, the first request starts one"


@dataclass(frozen=True, kw_only=True)
class HostReport:
    """The newest event that a host wrote while it booted."""

    step: str
    status: str  # ok, waiting, warning or failed
    reason: str

    def __str__(self) -> str:
        return f"step {self.step} {self.status}" + (f": {self.reason}" if self.reason else "")


@dataclass(frozen=True, kw_only=True)
class Instance:
    id: str
    state: str  # lifecycle state, as Auto Scaling names it
    template_version: str
    target: str | None  # health of the target, None when it is not registered
    report: HostReport | None = None

    @property
    def serves(self) -> bool:
        return self.state == "InService" and self.target == "healthy"

    @property
    def launches(self) -> bool:
        return self.state.startswith("Pending")

    def __str__(self) -> str:
        parts = [f"{self.id} {self.state}"]
        if self.target is not None:
            parts.append(f"target {self.target}")
        if self.report is not None and not self.serves:
            parts.append(str(self.report))
        return ", ".join(parts)


@dataclass(frozen=True, kw_only=True)
class Refresh:
    """``replaced`` hosts of ``hosts``; None where AWS has not counted yet. ``bakes_until``: it is at a checkpoint, and
    goes on then. ``alarms`` that may call it back, by name; ``called_back_by``: those that did, as far as AWS says."""

    id: str
    status: str
    percent: int
    reason: str
    replaced: int | None = None
    hosts: int = 0
    bakes_until: datetime | None = None
    alarms: tuple[str, ...] = ()
    called_back_by: tuple[str, ...] = ()

    def __str__(self) -> str:
        parts = []
        if self.bakes_until is not None:
            parts.append(f"bakes until {self.bakes_until:%H:%M} UTC")
        if self.replaced is not None and self.status in ("InProgress", "Baking"):
            parts.append(f"{self.replaced} of {self.hosts} replaced")
        if self.bakes_until is not None and self.alarms:
            parts.append(f"alarms watched: {', '.join(self.alarms)}")
        if self.called_back_by:
            parts.append(self.called_back)
        elif self.reason:
            parts.append(self.reason)
        return f"instance refresh {self.status}, {self.percent} %" + (f": {', '.join(parts)}" if parts else "")

    @property
    def called_back(self) -> str:
        """By which alarm, in words; empty where it was none, or AWS does not say."""
        names = self.called_back_by
        if not names:
            return ""
        return f"the alarm{'s' * (len(names) > 1)} {' and '.join(names)} called it back"


@dataclass(frozen=True, kw_only=True)
class FailedLaunch:
    activity_id: str
    instance_id: str | None  # None when EC2 gave no instance: quota, capacity
    reason: str
    report: HostReport | None = None
    types: tuple[str, ...] = ()  # that the group may have, and the zones that it may have them in
    zones: tuple[str, ...] = ()

    @property
    def transient(self) -> bool:
        return any(mark in self.reason for mark in TRANSIENT)

    def __str__(self) -> str:
        if self.transient and self.types:
            where = f" in {', '.join(self.zones)}" if self.zones else ""
            return f"AWS has no {' or '.join(self.types)} free{where} and is asked again: {self.reason}"
        who = self.instance_id or "a launch"
        failed = self.report is not None and self.report.status == "failed"
        return f"{who} failed, " + (str(self.report) if failed else self.reason)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """``failed_launches``: newest first; ``template_version``: the one that new instances get. ``least`` and ``most``:
    bounds of ``wanted`` now."""

    wanted: int
    template_version: str
    launch_suspended: bool
    instances: tuple[Instance, ...]
    refresh: Refresh | None
    failed_launches: tuple[FailedLaunch, ...]
    least: int = 1
    most: int = 1

    @property
    def serving(self) -> int:
        return sum(instance.serves for instance in self.instances)

    @property
    def count(self) -> str:
        """How many serve, in words."""
        return f"{self.serving} of {self.wanted} replicas serve" if self.wanted or self.serving else ASLEEP

    @property
    def versions(self) -> str:
        """Of the launch template, that serve."""
        found = sorted({each.template_version for each in self.instances if each.serves})
        return f"version{'s' * (len(found) > 1)} {' and '.join(found)}" if found else "no version"

    def lines(self) -> list[str]:
        """For people: what is worth a line when it changes."""
        refresh = [str(self.refresh)] if self.refresh else []
        failures = [str(launch) for launch in self.failed_launches[:1]]
        return [*refresh, *failures, *map(str, self.instances), self.count]

    def failure_ids(self) -> frozenset[str]:
        return frozenset(launch.activity_id for launch in self.failed_launches)


@dataclass(frozen=True, kw_only=True)
class Verdict:
    state: Literal["served", "failed", "going"]
    reason: str


def judge(snapshot: Snapshot, *, known_failures: frozenset[str] | None = None) -> Verdict:
    """Whether the rollout is over, and how.

    ``known_failures``: launches that had failed when one began to look; None at the first look, where a failed
    launch counts only if nothing is being launched instead.
    """
    refresh = snapshot.refresh
    if refresh is not None and refresh.status in ACTIVE_REFRESH:
        return Verdict(state="going", reason=str(refresh))
    if refresh is not None and refresh.status != "Successful" and not _settled(snapshot, refresh):
        return Verdict(state="failed", reason=_refresh_failure(snapshot, refresh))
    if snapshot.wanted > 0 and snapshot.serving >= snapshot.wanted:
        return Verdict(state="served", reason=snapshot.count)
    if snapshot.launch_suspended and not any(instance.launches for instance in snapshot.instances):
        cause = f"; {snapshot.failed_launches[0]}" if snapshot.failed_launches else ""
        return Verdict(
            state="failed",
            reason=f"the group launches nothing: its Launch process is suspended{cause}; "
            "python -m ops rollout --resume lets it launch again",
        )
    if snapshot.wanted == 0:
        return Verdict(state="served", reason=ASLEEP)
    launch = _fatal_launch(snapshot, known_failures)
    if launch is not None:
        return Verdict(state="failed", reason=str(launch))
    return Verdict(state="going", reason=snapshot.count)


def _settled(snapshot: Snapshot, refresh: Refresh) -> bool:
    """A refresh that ended badly, after which every instance came to run the wanted version all the same."""
    return (
        refresh.status != ROLLED_BACK
        and snapshot.serving >= snapshot.wanted
        and all(i.template_version == snapshot.template_version for i in snapshot.instances)
    )


def _refresh_failure(snapshot: Snapshot, refresh: Refresh) -> str:
    serves = f"{snapshot.count}, of {snapshot.versions}" if snapshot.serving else "nothing serves"
    if refresh.status == ROLLED_BACK:
        why = refresh.called_back or refresh.reason
        what = "rolled back" + (f": {why}" if why else "")
    else:
        what = str(refresh)
    cause = f"; {snapshot.failed_launches[0]}" if snapshot.failed_launches and not refresh.called_back_by else ""
    # The group keeps naming the version that failed (docs/decisions/0001), so this is not over yet.
    return (
        f"{what}{cause}; {serves}; the next launch uses version {snapshot.template_version}, which failed: "
        "put the change right or back, then pulumi up"
    )


def _fatal_launch(snapshot: Snapshot, known_failures: frozenset[str] | None) -> FailedLaunch | None:
    if known_failures is None and any(instance.launches for instance in snapshot.instances):
        return None
    new = [launch for launch in snapshot.failed_launches if launch.activity_id not in (known_failures or ())]
    return new[0] if new and not new[0].transient else None
