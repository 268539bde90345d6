"""Instance refresh as a state machine; moto has none, and the AWS provider fails without it.

User guide, "How an instance refresh works": it replaces instances in batches within the minimum and maximum
healthy percentages, launches new instances first where the minimum is 100 and the maximum above it, waits for the
instance warm-up after InService, and then terminates the old ones. InstanceRefresh.PercentageComplete: "When the
instance's health status changes to healthy and the specified warm-up time passes, the instance is considered
updated and is added to the percentage complete." DesiredConfiguration: instances launch from it at once, the group
itself gets it when the refresh succeeds; a rollback returns to "the configuration that you last saved on the Auto
Scaling group before starting the instance refresh" (user guide, "Undo changes"). How often AWS tries a launch that
fails before the refresh fails is not published; here the first failed launch fails it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal
from uuid import uuid4

from moto.autoscaling.models import FakeAutoScalingGroup
from moto.cloudwatch.models import cloudwatch_backends

from rehearsal.aws.checkpoints import Checkpoints, Pace, needed
from rehearsal.aws.lifecycle import leave
from rehearsal.aws.members import Member, Source, members_of
from rehearsal.aws.mixed import types_of
from rehearsal.aws.patch import kept
from rehearsal.aws.settings import Settings

Status = Literal[
    "Pending",
    "InProgress",
    "Successful",
    "Failed",
    "Cancelling",
    "Cancelled",
    "RollbackInProgress",
    "RollbackFailed",
    "RollbackSuccessful",
]
_ACTIVE = ("Pending", "InProgress", "Cancelling", "RollbackInProgress")


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """``max_healthy_percent`` None: not given, so an old instance may go before its replacement is there."""

    min_healthy_percent: int
    max_healthy_percent: int | None
    warmup_s: float
    skip_matching: bool
    auto_rollback: bool
    alarms: tuple[str, ...]
    checkpoints: Checkpoints
    bake_s: float


@dataclass(kw_only=True)
class Refresh:
    """One refresh of one group. ``surge`` is how many instances above the desired capacity it asks for now."""

    group: FakeAutoScalingGroup
    preferences: Preferences
    desired: dict[str, Any] | None
    previous: Source
    source: Source
    instance_refresh_id: str = field(default_factory=lambda: str(uuid4()))
    status: Status = "Pending"
    status_reason: str | None = None
    start_time: datetime = field(default_factory=lambda: datetime.now(UTC))
    end_time: datetime | None = None
    rollback_details: dict[str, Any] | None = None
    percentage_complete: int = 0
    instances_to_update: int = 0
    surge: int = 0

    def __post_init__(self) -> None:
        self._pace = Pace(checkpoints=self.preferences.checkpoints)
        self._replaced_s: float | None = None
        self._previous_policy = self.group.mixed_instances_policy

    @property
    def is_active(self) -> bool:
        return self.status in _ACTIVE

    @property
    def policy(self) -> dict[str, Any] | None:
        """The mixed instances policy that it launches by, where there is one."""
        if self.status == "RollbackInProgress" or self.desired is None:
            return self._previous_policy
        found: dict[str, Any] | None = self.desired.get("MixedInstancesPolicy")
        return found

    @property
    def generation(self) -> str:
        """Marks the instances launched by this refresh, or by its rollback."""
        return self._rollback if self.status == "RollbackInProgress" else self._forward

    @property
    def _forward(self) -> str:
        return f"{self.instance_refresh_id}/forward"

    @property
    def _rollback(self) -> str:
        return f"{self.instance_refresh_id}/rollback"

    def step(self, settings: Settings) -> bool:
        """Do what is due; True when anything changed."""
        before = (self.status, self.surge, self.percentage_complete)
        if self.status == "Pending":
            self.status = "InProgress"
        elif self.status == "Cancelling":
            self._end("Cancelled", self.status_reason)
        else:
            failure = self._failure()
            if failure is not None:
                self.launch_failed(failure)
            else:
                self._replace(settings)
        return before != (self.status, self.surge, self.percentage_complete)

    def launch_failed(self, reason: str) -> None:
        """End with ``reason``, or begin the rollback; a rollback that fails ends, too."""
        if self.status == "RollbackInProgress":
            self._end("RollbackFailed", reason)
        elif self.preferences.auto_rollback:
            self.roll_back(reason)
        else:
            self._end("Failed", reason)

    def roll_back(self, reason: str) -> None:
        self.rollback_details = {
            "RollbackReason": reason,
            "RollbackStartTime": datetime.now(UTC),
            "PercentageCompleteOnRollback": self.percentage_complete,
            "InstancesToUpdateOnRollback": self.instances_to_update,
        }
        self.status, self.status_reason = "RollbackInProgress", reason
        self.source = self.previous
        self.surge = 0

    def cancel(self) -> None:
        self.status, self.status_reason = "Cancelling", "Cancelled due to user request."
        self.surge = 0

    def _end(self, status: Status, reason: str | None) -> None:
        self.status, self.status_reason = status, reason
        self.end_time = datetime.now(UTC)
        self.surge = 0

    def _failure(self) -> str | None:
        for member in members_of(self.group):
            if member.launch_failure is not None and member.refresh == self.generation:
                return member.launch_failure
        if self.status == "InProgress":
            backend = cloudwatch_backends[self.group.account_id][self.group.region]
            for alarm in backend.get_alarms_by_alarm_names(list(self.preferences.alarms)):
                if alarm.name in self.preferences.alarms and alarm.state_value == "ALARM":
                    return f"The alarm {alarm.name} went into the ALARM state."
        return None

    def _replace(self, settings: Settings) -> None:
        capacity = self.group.desired_capacity or 0
        live = [member for member in members_of(self.group) if member.is_live]
        outdated = [member for member in live if not self.keeps(member)]
        updated = [member for member in live if self.keeps(member)]
        ready = [member for member in updated if self._is_warm(member, settings)]
        serving = [member for member in outdated if member.lifecycle_state == "InService"]
        spare = len(ready) + len(serving) - self._least(capacity)
        if self.preferences.max_healthy_percent is None and len(updated) == len(ready):
            spare = max(spare, 1)
        staying = max(0, capacity - self._may_be_new(capacity, ready=len(ready), settings=settings))
        spare = min(spare, len(serving) - staying)
        # What does not serve yet is not missed.
        unborn = [member for member in outdated if member not in serving]
        for member in unborn + serving[: max(0, spare)]:
            leave(member, settings, cause="an instance was taken out of service for an instance refresh.")
            outdated.remove(member)
        self.surge = min(self._headroom(capacity), max(0, len(outdated) - staying))
        self._count(capacity=capacity, ready=len(ready), undone=sum(not self._is_rolled_back(m) for m in live))
        still_leaving = [member for member in members_of(self.group) if member.is_leaving]
        if len(outdated) > staying or still_leaving or not len(ready) == len(updated) >= self._aim(capacity):
            self._replaced_s = None
        elif self._is_baked(settings):
            self._succeed()

    def _is_baked(self, settings: Settings) -> bool:
        """BakeTime: "The amount of time, in seconds, to wait at the end of an instance refresh before the instance
        refresh is considered complete"."""
        now_s = settings.waits.seconds()
        if self._replaced_s is None:
            self._replaced_s = now_s
        return self.status == "RollbackInProgress" or now_s - self._replaced_s >= self.preferences.bake_s

    def _may_be_new(self, capacity: int, *, ready: int, settings: Settings) -> int:
        if self.status == "RollbackInProgress":
            return capacity
        return self._pace.may_be_new(capacity, ready=ready, now_s=settings.waits.seconds())

    def _aim(self, capacity: int) -> int:
        return capacity if self.status == "RollbackInProgress" else needed(self.preferences.checkpoints.aim, capacity)

    def keeps(self, member: Member) -> bool:
        """Whether it is as it shall be, and so stays."""
        if self.status == "RollbackInProgress":
            return self._is_rolled_back(member)
        types = types_of(self.policy)
        same = member.source == self.source and (not types or member.instance.instance_type in types)
        matches = self.preferences.skip_matching and same
        return matches or member.refresh == self._forward

    def _is_rolled_back(self, member: Member) -> bool:
        return member.refresh != self._forward

    def _is_warm(self, member: Member, settings: Settings) -> bool:
        if member.in_service_s is None:
            return False
        if member.refresh != self.generation:
            return True  # it served before: nothing to wait for
        return settings.waits.seconds() - member.in_service_s >= self.preferences.warmup_s

    def _headroom(self, capacity: int) -> int:
        """Instances above ``capacity`` that the preferences allow.

        MaxHealthyPercentage: "When it is mathematically impossible to replace instances while honoring both [...]
        bounds simultaneously, Auto Scaling launches a new instance before terminating an old one"; "When
        MaxHealthyPercentage is omitted, Auto Scaling terminates an instance and launches its replacement".
        """
        most = self.preferences.max_healthy_percent
        if most is None:
            return 0
        room = math.floor(capacity * most / 100) - capacity
        may_go = capacity - self._least(capacity)
        return 1 if room == 0 and may_go == 0 else room

    def _least(self, capacity: int) -> int:
        return math.ceil(capacity * self.preferences.min_healthy_percent / 100)

    def _count(self, *, capacity: int, ready: int, undone: int) -> None:
        if self.status == "RollbackInProgress":
            # "This value gradually goes back down to zero during a rollback."
            self.percentage_complete = min(self.percentage_complete, 100 * undone // max(1, capacity))
            return
        self.percentage_complete = 100 if capacity == 0 else min(100, 100 * ready // capacity)
        self.instances_to_update = max(0, capacity - ready)

    def _succeed(self) -> None:
        if self.status == "RollbackInProgress":
            self._end("RollbackSuccessful", self.status_reason)
            return
        if self.desired is not None:
            mixed = self.desired.get("MixedInstancesPolicy")
            self.group.mixed_instances_policy = mixed
            self.group._set_launch_configuration("", self.desired.get("LaunchTemplate") or {}, mixed)
        self._end("Successful", None)


def refreshes_of(backend: Any, group_name: str) -> list[Refresh]:
    """All refreshes of a group, newest first; the list itself, to insert new ones."""
    refreshes: list[Refresh] = kept(backend, "refreshes").setdefault(group_name, [])
    return refreshes


def active_refresh(group: FakeAutoScalingGroup) -> Refresh | None:
    return next((found for found in refreshes_of(group.autoscaling_backend, group.name) if found.is_active), None)
