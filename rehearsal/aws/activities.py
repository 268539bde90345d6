"""Scaling activities, which moto always answers with an empty list.

DescribeScalingActivities: "Gets information about the scaling activities in the account and Region. [...] If the
scaling event succeeds, the value of the StatusCode element in the response is Successful. If an attempt to launch
instances failed, the StatusCode value is Failed or Cancelled and the StatusMessage element in the response
indicates the cause of the failure."
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from moto.autoscaling.responses import AutoScalingResponse
from moto.core.responses import ActionResult

from rehearsal.aws.patch import kept, wrap


@dataclass(kw_only=True)
class Activity:
    """One scaling activity; open (``end_time`` None) until it is closed with a final status."""

    auto_scaling_group_name: str
    description: str
    cause: str
    status_code: str
    status_message: str | None = None
    activity_id: str = field(default_factory=lambda: str(uuid4()))
    start_time: datetime = field(default_factory=lambda: datetime.now(UTC))
    end_time: datetime | None = None
    progress: int = 0
    details: str = "{}"

    def wait(self, status_code: str) -> None:
        self.status_code = status_code
        self.progress = 50

    def close(self, status_code: str, message: str | None = None) -> None:
        """End it; a message becomes part of the description, as AWS does ("...  Status Reason: ...")."""
        self.status_code = status_code
        self.progress = 100
        self.end_time = datetime.now(UTC)
        if message is not None:
            self.status_message = message
            self.description += f".  Status Reason: {message}"


def record(backend: Any, activity: Activity) -> Activity:
    """Keep ``activity``; the newest is described first."""
    kept(backend, "activities").setdefault(activity.auto_scaling_group_name, []).insert(0, activity)
    return activity


def activities_of(backend: Any, group_name: str | None) -> list[Activity]:
    table = kept(backend, "activities")
    if group_name is not None:
        return list(table.get(group_name, []))
    everything = [activity for activities in table.values() for activity in activities]
    return sorted(everything, key=lambda activity: activity.start_time, reverse=True)


def _describe_scaling_activities(response: Any) -> ActionResult:
    found = activities_of(response.autoscaling_backend, response._get_param("AutoScalingGroupName"))
    wanted = response._get_param("ActivityIds", [])
    if wanted:
        found = [activity for activity in found if activity.activity_id in wanted]
    return ActionResult({"Activities": found[: response._get_int_param("MaxRecords", 100)]})


def install() -> None:
    wrap(AutoScalingResponse, "describe_scaling_activities", lambda _: _describe_scaling_activities)
