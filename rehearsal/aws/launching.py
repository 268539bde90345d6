"""How a group launches: zone by zone, in each the types of its policy by their order, until EC2 has one.

User guide, "Distribute instances across Availability Zones": "If the attempt fails, Amazon EC2 Auto Scaling attempts to
launch the instances in another Availability Zone until it succeeds." An attempt that fails is an activity of its own.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from moto.autoscaling.models import FakeAutoScalingGroup
from moto.core.exceptions import ServiceException

from rehearsal.aws.activities import Activity, record
from rehearsal.aws.members import Machine, Member, Source, members_of, source_of, start_instance
from rehearsal.aws.mixed import spot_next, types_of
from rehearsal.aws.refresh import Refresh
from rehearsal.aws.settings import Settings
from rehearsal.aws.shortages import NoCapacityError

# Auto Scaling backs off after failed launches; the length is its own business, so this one is arbitrary.
_BACKOFF_S = 60.0
CAUSE = "_rehearsal_cause"  # of a group: who changed its capacity last


def launch(group: FakeAutoScalingGroup, refresh: Refresh | None, settings: Settings) -> bool:
    """Try to launch one instance; False while the group waits after a launch that failed."""
    now_s = settings.waits.seconds()
    if now_s < group.__dict__.get("_rehearsal_retry_s", now_s):
        return False
    source = source_of(group) if refresh is None else refresh.source
    staying = [member for member in members_of(group) if member.is_live and (refresh is None or refresh.keeps(member))]
    policy = group.mixed_instances_policy if refresh is None else refresh.policy
    spot = policy is not None and spot_next(
        policy, capacity=group.desired_capacity or 0, spot=[member.is_spot for member in staying]
    )
    failure = ""
    for subnet_id in _subnets(group, staying):
        activity = _begin(group)
        machines = [Machine(subnet_id=subnet_id, instance_type=name, spot=spot) for name in types_of(policy) or (None,)]
        try:
            instance = _first(group, source, machines, settings)
        except ServiceException as error:
            failure = f"{error.message} Launching EC2 instance failed."
            activity.close("Failed", failure)
            if not isinstance(error, NoCapacityError):
                break
            continue
        activity.description += f": {instance.id}"
        generation = None if refresh is None else refresh.generation
        group.instance_states.append(
            Member(instance, group=group, source=source, activity=activity, refresh=generation)
        )
        return True
    group.__dict__["_rehearsal_retry_s"] = now_s + _BACKOFF_S
    if refresh is not None:
        refresh.launch_failed(failure)
    return True


def _first(group: FakeAutoScalingGroup, source: Source, machines: list[Machine], settings: Settings) -> Any:
    """An instance of the first of ``machines`` that there is; NoCapacityError, naming the last, when there is none."""
    for number, machine in enumerate(machines, start=1):
        try:
            return start_instance(group, source=source, machine=machine, shortages=settings.shortages)
        except NoCapacityError:
            if number == len(machines):
                raise
    raise ValueError(f"group {group.name} has nothing to launch")


def _begin(group: FakeAutoScalingGroup) -> Activity:
    begun = group.__dict__.pop(CAUSE, None)
    said = f"{begun}. " if begun else ""
    cause = (
        f"At {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {said}an instance was started in response to a difference "
        f"between desired and actual capacity, increasing the capacity to {group.desired_capacity}."
    )
    activity = Activity(
        auto_scaling_group_name=group.name,
        description="Launching a new EC2 instance",
        cause=cause,
        status_code="PreInService",
        progress=30,
    )
    return record(group.autoscaling_backend, activity)


def _subnets(group: FakeAutoScalingGroup, staying: list[Member]) -> list[str | None]:
    """The subnet whose zone holds the fewest instances first, as Auto Scaling balances zones.

    What a refresh will take out does not count: AWS rebalances the zones afterwards, and here the replacement goes
    where that ends.
    """
    subnet_ids = (group.vpc_zone_identifier or "").split(",") if group.vpc_zone_identifier else []
    if not subnet_ids:
        return [None]
    held = [member.instance.subnet_id for member in staying]
    return sorted(subnet_ids, key=held.count)
