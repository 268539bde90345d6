"""An instance refresh to what the group is configured as, for people: after a failed one, or past an alarm that rings.

``pulumi up`` starts one only when the launch template or the policy changes. The preferences are those of the program
(``components/aws/refresh.py``), so that it goes as any other.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from config.sources import load_stack_file
from monitoring.scaling import rollback_alarms
from ops.clients import aws_errors, code_of
from ops.errors import failure
from ops.rollout.view import Fleet
from sizing.fleet_plan import ChangePlan
from sizing.healthy import healthy
from sizing.prepare import prepare

if TYPE_CHECKING:
    from ops.outputs import Deployed

UNDER_WAY = "InstanceRefreshInProgress"


@dataclass(frozen=True, kw_only=True)
class Start:
    """``alarms``: names of those that may call it back; ``change`` and the ``most`` replicas: as planned for the stack
    file."""

    fleet: Fleet
    stack: str
    alarms: Sequence[str]
    change: ChangePlan
    most: int

    @classmethod
    def of(cls, stack: Deployed, *, ignore_alarms: bool) -> Start:
        root = Path.cwd()
        _, plan = prepare(load_stack_file(stack=stack.stack, root=root), root=root)
        assert plan.change is not None, "of every stack on AWS"
        return cls(
            fleet=Fleet.of(stack),
            stack=stack.stack,
            alarms=() if ignore_alarms else rollback_alarms(stack.stack, launch_first=plan.change.launch_first),
            change=plan.change,
            most=plan.replicas.most,
        )

    def begin(self) -> str:
        """Returns what was done, for people. OpsError while a refresh is active, or when AWS refuses."""
        with aws_errors("start an instance refresh"):
            group = self.fleet.described()
            if not group["DesiredCapacity"]:
                return "nothing runs, so nothing is replaced: the next host is of the current version anyway"
            try:
                self.fleet.autoscaling.start_instance_refresh(
                    AutoScalingGroupName=self.fleet.group,
                    Strategy="Rolling",
                    DesiredConfiguration=desired(group),
                    Preferences=preferences(group, change=self.change, most=self.most, alarms=self.alarms),
                )
            except ClientError as error:
                if code_of(error) != UNDER_WAY:
                    raise
                raise failure(
                    path=f"rollout of {self.stack}",
                    message="an instance refresh is under way already: follow it to its end first",
                    example=f"python -m ops rollout --wait --stack {self.stack}",
                ) from error
        watched = f"alarms watched: {', '.join(self.alarms)}" if self.alarms else "no alarm calls it back"
        return f"started an instance refresh; {watched}"


def desired(group: Mapping[str, Any]) -> Any:
    """The group's own configuration: AWS rolls back only a refresh that names one."""
    policy = group.get("MixedInstancesPolicy")
    if policy:
        return {"MixedInstancesPolicy": policy}
    template = group["LaunchTemplate"]
    return {
        "LaunchTemplate": {"LaunchTemplateId": template["LaunchTemplateId"], "Version": str(template["Version"])},
    }


def preferences(group: Mapping[str, Any], *, change: ChangePlan, most: int, alarms: Sequence[str]) -> Any:
    """As components/aws/refresh.py has them. Launching first is the group's own maintenance policy, which a refresh
    follows."""
    found: dict[str, Any] = {"AutoRollback": True, "SkipMatching": True}
    if not change.launch_first:  # whose group has no such policy
        found["MinHealthyPercentage"] = healthy(launch_first=False, most_replicas=most).least
    if change.bake_s:
        found["InstanceWarmup"] = int(group.get("DefaultInstanceWarmup") or 0) + change.bake_s
    if change.pauses:
        found |= {"CheckpointPercentages": list(change.checkpoints), "CheckpointDelay": change.bake_s}
    if alarms:
        found["AlarmSpecification"] = {"Alarms": list(alarms)}
    return found
