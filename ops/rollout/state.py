"""What a rollout looks like at one moment, and what that means. Pure: no AWS, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# DescribeInstanceRefreshes: the statuses in which a refresh is still at work.
ACTIVE_REFRESH = {"Pending", "InProgress", "Cancelling", "RollbackInProgress", "Baking"}
ROLLED_BACK = "RollbackSuccessful"
FAILED_LAUNCH = {"Failed", "Cancelled"}
# Auto Scaling tries again by itself, in other zones too: no reason to give up.
TRANSIENT = ("InsufficientInstanceCapacity", "do not have sufficient")


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
    id: str
    status: str
    percent: int
    reason: str

    def __str__(self) -> str:
        return f"instance refresh {self.status}, {self.percent} %" + (f": {self.reason}" if self.reason else "")


@dataclass(frozen=True, kw_only=True)
class FailedLaunch:
    activity_id: str
    instance_id: str | None  # None when EC2 gave no instance: quota, capacity
    reason: str
    report: HostReport | None = None

    @property
    def transient(self) -> bool:
        return any(mark in self.reason for mark in TRANSIENT)

    def __str__(self) -> str:
        who = self.instance_id or "a launch"
        failed = self.report is not None and self.report.status == "failed"
        return f"{who} failed, " + (str(self.report) if failed else self.reason)


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """``failed_launches``: newest first; ``template_version``: the one that new instances get."""

    wanted: int
    template_version: str
    launch_suspended: bool
    instances: tuple[Instance, ...]
    refresh: Refresh | None
    failed_launches: tuple[FailedLaunch, ...]

    @property
    def serving(self) -> int:
        return sum(instance.serves for instance in self.instances)

    def lines(self) -> list[str]:
        """For people: what is worth a line when it changes."""
        refresh = [str(self.refresh)] if self.refresh else []
        failures = [str(launch) for launch in self.failed_launches[:1]]
        count = f"{self.serving} of {self.wanted} replicas serve"
        return [*refresh, *failures, *map(str, self.instances), count]

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
        return Verdict(state="served", reason=f"{snapshot.serving} of {snapshot.wanted} replicas serve")
    if snapshot.launch_suspended and not any(instance.launches for instance in snapshot.instances):
        cause = f"; {snapshot.failed_launches[0]}" if snapshot.failed_launches else ""
        return Verdict(
            state="failed",
            reason=f"the group launches nothing: its Launch process is suspended{cause}; "
            "python -m ops rollout --resume lets it launch again",
        )
    launch = _fatal_launch(snapshot, known_failures)
    if launch is not None:
        return Verdict(state="failed", reason=str(launch))
    return Verdict(state="going", reason=f"{snapshot.serving} of {snapshot.wanted} replicas serve")


def _settled(snapshot: Snapshot, refresh: Refresh) -> bool:
    """A refresh that ended badly, after which every instance came to run the wanted version all the same."""
    return (
        refresh.status != ROLLED_BACK
        and snapshot.serving >= snapshot.wanted > 0
        and all(i.template_version == snapshot.template_version for i in snapshot.instances)
    )


def _refresh_failure(snapshot: Snapshot, refresh: Refresh) -> str:
    what = "rolled back, the former hosts serve" if refresh.status == ROLLED_BACK else str(refresh)
    cause = f"; {snapshot.failed_launches[0]}" if snapshot.failed_launches else ""
    # The group keeps naming the version that failed (docs/decisions/0001), so this is not over yet.
    return f"{what}{cause}; the next launch uses the failed version: put the change right or back, then pulumi up"


def _fatal_launch(snapshot: Snapshot, known_failures: frozenset[str] | None) -> FailedLaunch | None:
    if known_failures is None and any(instance.launches for instance in snapshot.instances):
        return None
    new = [launch for launch in snapshot.failed_launches if launch.activity_id not in (known_failures or ())]
    return new[0] if new and not new[0].transient else None
