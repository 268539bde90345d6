"""Reading the status of a stack on AWS.

What a host does now it says itself, a line a minute in its stream ``<instance-id>/status`` of the stack's log group:
to read that takes no way into the network and no right to run commands on hosts, only logs:GetLogEvents on one group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ops.clients import aws_errors, client_config, code_of, session
from ops.errors import OpsError
from ops.rollout.state import Instance, Snapshot
from ops.rollout.view import Fleet
from ops.status.load import Load
from ops.status.scale import IN_FLIGHT, Change, Scale, market_of, next_run
from ops.status.seen import Replica, Status
from userdata.files.log_sender.streams import STATUS

if TYPE_CHECKING:
    from mypy_boto3_ec2 import EC2Client

    from ops.outputs import Deployed

NEWEST_LINES = 5
IDS_PER_FILTER = 200  # DescribeInstances


@dataclass(frozen=True, kw_only=True)
class FleetStatus:
    """Where to look for one stack. ``scaling``: of its plan; ``planned``: how many requests a host of each type is
    planned to run at once. Both empty for a stack of an older program."""

    fleet: Fleet
    ec2: EC2Client
    stack: str
    endpoint: str
    scaling: Mapping[str, Any] = field(default_factory=dict)
    planned: Mapping[str, int] = field(default_factory=dict)
    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    @classmethod
    def of(cls, stack: Deployed) -> FleetStatus:
        plan = stack.outputs.get("plan")
        plan = plan if isinstance(plan, Mapping) else {}
        return cls(
            scaling=plan.get("scaling") or {},
            planned={each["instance_type"]: each["planned_concurrency"] for each in plan.get("host_types") or ()},
            fleet=Fleet.of(stack),
            ec2=session(stack.region).client("ec2", config=client_config()),
            stack=stack.stack,
            endpoint=stack.output("endpoint"),
        )

    def read(self) -> Status:
        """The state now. OpsError when the group is gone or AWS refuses."""
        snapshot = self.fleet.observe()
        lines = list(_lines(snapshot, stack=self.stack))
        with aws_errors("read the status of the hosts"):
            machines = self._machines([instance.id for instance in snapshot.instances])
            replicas = [self._replica(each, machines.get(each.id, {}), snapshot) for each in snapshot.instances]
        try:
            changes = scheduled_changes(self.fleet, now=self.now)
        except OpsError as error:
            changes = ()
            lines.append(f"what is scheduled cannot be read: {error.problem.message}")
        return Status(
            stack=self.stack,
            endpoint=self.endpoint,
            wanted=snapshot.wanted,
            replicas=tuple(sorted(replicas, key=lambda replica: (replica.zone, replica.id))),
            lines=tuple(lines),
            scale=Scale(
                least=snapshot.least,
                most=snapshot.most,
                signal=self.scaling.get("signal", IN_FLIGHT),
                target=self.scaling.get("target") if self.scaling.get("follows_load") else None,
                change=min(changes, key=lambda each: each.at, default=None),
            ),
        )

    def _machines(self, ids: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """By id; a filter, because an id that is gone would be an error."""
        found: dict[str, Mapping[str, Any]] = {}
        for start in range(0, len(ids), IDS_PER_FILTER):
            filters: Any = [{"Name": "instance-id", "Values": list(ids[start : start + IDS_PER_FILTER])}]
            for page in self.ec2.get_paginator("describe_instances").paginate(Filters=filters):
                machines = (machine for each in page["Reservations"] for machine in each.get("Instances", ()))
                found |= {machine["InstanceId"]: machine for machine in machines}
        return found

    def _replica(self, instance: Instance, machine: Mapping[str, Any], snapshot: Snapshot) -> Replica:
        target = [f"target {instance.target}"] if instance.target else []
        former = instance.template_version != snapshot.template_version
        return Replica(
            id=instance.id,
            zone=machine.get("Placement", {}).get("AvailabilityZone", "?"),
            instance_type=machine.get("InstanceType", "?"),
            market=market_of(machine),
            planned_concurrency=self.planned.get(machine.get("InstanceType", "")),
            version=instance.template_version + (f" (now {snapshot.template_version})" if former else ""),
            state=", ".join([instance.state, *target]),
            serves=instance.serves,
            since=machine.get("LaunchTime"),
            load=self._load(instance.id),
            note=str(instance.report or "") if not instance.serves else "",
        )

    def _load(self, instance_id: str) -> Load | None:
        """The newest status line of a host; None when it has not written any."""
        try:
            events = self.fleet.logs.get_log_events(
                logGroupName=self.fleet.log_group,
                logStreamName=f"{instance_id}/{STATUS}",
                startFromHead=False,
                limit=NEWEST_LINES,
            )["events"]
        except ClientError as error:
            if code_of(error) == "ResourceNotFoundException":
                return None
            raise
        loads = (
            Load.of(event.get("message", ""), at=datetime.fromtimestamp(event.get("timestamp", 0) / 1000, tz=UTC))
            for event in reversed(events)
        )
        return next((load for load in loads if load is not None), None)


def scheduled_changes(fleet: Fleet, *, now: datetime) -> tuple[Change, ...]:
    """What each scheduled action of the group does next."""
    with aws_errors("read what is scheduled"):
        pages = fleet.autoscaling.get_paginator("describe_scheduled_actions").paginate(AutoScalingGroupName=fleet.group)
        actions = [action for page in pages for action in page["ScheduledUpdateGroupActions"]]
    return tuple(
        Change(name=action["ScheduledActionName"], at=at, least=action.get("MinSize"), most=action.get("MaxSize"))
        for action in actions
        if (at := next_run(action, now=now)) is not None
    )


def _lines(snapshot: Snapshot, *, stack: str) -> list[str]:
    lines = [str(snapshot.refresh)] if snapshot.refresh else []
    lines += [str(launch) for launch in snapshot.failed_launches[:1] if snapshot.serving < snapshot.wanted]
    if snapshot.launch_suspended:
        lines.append(
            "the group launches nothing: its Launch process is suspended; "
            f"python -m ops rollout --resume --stack {stack} lets it launch again"
        )
    return lines
