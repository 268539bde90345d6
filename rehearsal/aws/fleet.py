"""An Auto Scaling group keeps its desired capacity: through hooks, refreshes, failures and suspended processes.

Replaces how moto launches (every instance InService at once, in the first subnet, from the template's default
version) and terminates (at once, without hook or deregistration).
"""

from __future__ import annotations

from datetime import UTC, datetime

from moto.autoscaling.models import FakeAutoScalingGroup

from rehearsal.aws.launching import launch
from rehearsal.aws.lifecycle import advance, forget, leave
from rehearsal.aws.members import Member, members_of, source_of
from rehearsal.aws.mixed import on_demand_of
from rehearsal.aws.refresh import Refresh, active_refresh
from rehearsal.aws.settings import Settings

_ALL_PERCENT = 100


def step_group(group: FakeAutoScalingGroup, settings: Settings) -> bool:
    """Move everything in ``group`` that is due; True when anything moved."""
    refresh = active_refresh(group)
    members = members_of(group)
    moved = [advance(member, settings) for member in members]
    may_stay = _room(group, refresh) > 0
    moved += [_notice(member, settings, may_stay=may_stay) for member in members if not member.is_leaving]
    if refresh is not None and not is_suspended(group, "InstanceRefresh"):
        moved.append(refresh.step(settings))
    moved.append(_reconcile(group, refresh, settings))
    return any(moved)


def is_suspended(group: FakeAutoScalingGroup, process: str) -> bool:
    return any(suspended["ProcessName"] == process for suspended in group.suspended_processes)


def _notice(member: Member, settings: Settings, *, may_stay: bool) -> bool:
    """Health checks: an instance that EC2 no longer runs is gone, an unhealthy one is replaced.

    ``may_stay``: the group's policy has its replacement launched first; it goes once that is in service.
    """
    if member.instance.state in ("terminated", "shutting-down"):
        leave(member, settings, cause=_at("an instance was taken out of service: EC2 terminated it."))
        forget(member)
        member.activity.close("Successful")
        return True
    if not _is_condemned(member) or (may_stay and not _is_replaced(member, settings)):
        return False
    leave(member, settings, cause=_at("an instance was taken out of service: it is unhealthy."))
    return True


def _is_condemned(member: Member) -> bool:
    """In service, unhealthy, and to be replaced for it."""
    group = member.auto_scaling_group
    if is_suspended(group, "HealthCheck") or is_suspended(group, "ReplaceUnhealthy"):
        return False
    unhealthy = member.health_status != "Healthy" or member.instance.state in ("stopping", "stopped")
    return unhealthy and member.lifecycle_state == "InService"


def _is_replaced(member: Member, settings: Settings) -> bool:
    """User guide, "Instance maintenance policies": it "waits for it to be fully ready before terminating"; that is when
    the warm-up has passed."""
    group = member.auto_scaling_group
    warm_since_s = settings.waits.seconds() - float(getattr(group, "default_instance_warmup", None) or 0)
    serving = [other for other in members_of(group) if other.lifecycle_state == "InService"]
    ready = [other for other in serving if not _is_condemned(other) and (other.in_service_s or 0) <= warm_since_s]
    return len(ready) >= (group.desired_capacity or 0)


def _room(group: FakeAutoScalingGroup, refresh: Refresh | None) -> int:
    """How many instances more than desired may run to replace unhealthy ones; a refresh replaces by its own bounds.

    User guide, "Instance maintenance policies", launch before terminating (a minimum of 100 %): "A new instance must
    be provisioned first before an existing instance can be terminated", also when health checks fail. Where the
    percentage leaves no whole instance, one is launched all the same.
    """
    policy = getattr(group, "instance_maintenance_policy", None) or {}
    least, most = (int(policy.get(f"{end}HealthyPercentage", 0)) for end in ("Min", "Max"))
    if refresh is not None or least < _ALL_PERCENT or most <= _ALL_PERCENT:
        return 0
    return max(1, (group.desired_capacity or 0) * (most - _ALL_PERCENT) // _ALL_PERCENT)


def _reconcile(group: FakeAutoScalingGroup, refresh: Refresh | None, settings: Settings) -> bool:
    live = [state for state in group.instance_states if not isinstance(state, Member) or state.is_live]
    condemned = sum(_is_condemned(member) for member in members_of(group))
    wanted = (group.desired_capacity or 0) + (0 if refresh is None else refresh.surge)
    wanted += min(condemned, _room(group, refresh))
    if len(live) < wanted and not is_suspended(group, "Launch"):
        results = [launch(group, refresh, settings) for _ in range(wanted - len(live))]
        return any(results)
    if len(live) > wanted and not is_suspended(group, "Terminate"):
        for _ in range(len(live) - wanted):
            member = _next_to_leave(group)
            if member is None:
                return False
            leave(member, settings, cause=_at("an instance was taken out of service to shrink the capacity."))
        return True
    return False


def _next_to_leave(group: FakeAutoScalingGroup) -> Member | None:
    """Default termination policy, simplified: unprotected, of the purchase option of which there are too many, outdated
    template versions first, then the oldest."""
    current = source_of(group)
    live = [member for member in members_of(group) if member.is_live]
    wanted = on_demand_of(group.mixed_instances_policy, capacity=group.desired_capacity or 0)
    spot_first = sum(not member.is_spot for member in live) <= wanted
    return min(
        (member for member in live if not member.protected_from_scale_in),
        key=lambda member: (member.is_spot != spot_first, member.source == current, member.instance.launch_time),
        default=None,
    )


def _at(what: str) -> str:
    return f"At {datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ} {what}"
