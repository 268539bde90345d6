"""An instance of a group with what moto does not keep: its launch template version, its hooks, its times."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import uuid4

from moto.autoscaling.models import ASG_NAME_TAG, FakeAutoScalingGroup, InstanceState
from moto.ec2.models.launch_templates import LaunchTemplate
from moto.ec2.utils import convert_tag_spec

from rehearsal.aws.activities import Activity
from rehearsal.aws.disk_keys import require_launchable
from rehearsal.aws.settings import HookResult
from rehearsal.aws.shortages import Shortages

Transition = Literal["launching", "terminating"]

# LifecycleHook.GlobalTimeout: "The maximum time, in seconds, that an instance can remain in a wait state. The maximum
# is 172800 seconds (48 hours) or 100 times HeartbeatTimeout, whichever is smaller."
_GLOBAL_LIMIT_S = 48 * 3600
_GLOBAL_HEARTBEATS = 100


@dataclass(frozen=True, kw_only=True)
class Source:
    """What a group launches from: one numbered version of a launch template."""

    template: LaunchTemplate
    version: int

    @property
    def specification(self) -> dict[str, str]:
        return {
            "LaunchTemplateId": self.template.id,
            "LaunchTemplateName": self.template.name,
            "Version": str(self.version),
        }


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Where and as what an instance starts. ``instance_type`` None: the template's."""

    subnet_id: str | None = None
    instance_type: str | None = None
    spot: bool = False


@dataclass(kw_only=True)
class HookWait:
    """One lifecycle action in progress. Times are seconds of the heartbeat clock."""

    hook_name: str
    heartbeat_s: float
    default_result: HookResult
    started_s: float
    deadline_s: float
    token: str = field(default_factory=lambda: str(uuid4()))
    result: HookResult | None = None
    timed_out: bool = False

    @classmethod
    def start(cls, hook: Any, *, now_s: float) -> HookWait:
        return cls(
            hook_name=hook.name,
            heartbeat_s=float(hook.heartbeat_timeout),
            default_result=hook.default_result,
            started_s=now_s,
            deadline_s=now_s + float(hook.heartbeat_timeout),
        )

    def heartbeat(self, *, now_s: float) -> None:
        """ "This extends the timeout by the length of time defined using the PutLifecycleHook API call.\""""
        limit_s = self.started_s + min(_GLOBAL_LIMIT_S, _GLOBAL_HEARTBEATS * self.heartbeat_s)
        self.deadline_s = min(now_s + self.heartbeat_s, limit_s)

    def expire(self, *, now_s: float) -> None:
        if self.result is None and now_s >= self.deadline_s:
            self.result, self.timed_out = self.default_result, True

    @property
    def reason(self) -> str:
        end = "Heartbeat Timeout" if self.timed_out else "Lifecycle Action Completed with ABANDON Result"
        return (
            "Instance failed to complete user's Lifecycle Action: "
            f"Lifecycle Action with token {self.token} was abandoned: {end}"
        )


class Member(InstanceState):
    """An instance launched by a group. ``in_service_s`` and ``drained_s`` are seconds of the waits clock."""

    def __init__(
        self,
        instance: Any,
        *,
        group: FakeAutoScalingGroup,
        source: Source,
        activity: Activity,
        refresh: str | None,
    ) -> None:
        super().__init__(
            instance,
            lifecycle_state="Pending",
            protected_from_scale_in=group.new_instances_protected_from_scale_in,
            autoscaling_group=group,
        )
        self.source = source
        self.activity = activity
        self.refresh = refresh
        self.waits: list[HookWait] = []
        self.launch_failure: str | None = None
        self.in_service_s: float | None = None
        self.drained_s: float | None = None

    # The version this instance was launched with; moto shows the template's default version on every instance.
    @property
    def launch_template(self) -> dict[str, Any] | None:
        return dict(self.source.specification)

    @property
    def is_spot(self) -> bool:
        return bool(self.instance.lifecycle == "spot")

    @property
    def is_leaving(self) -> bool:
        return self.lifecycle_state.startswith("Terminat")

    @property
    def is_live(self) -> bool:
        """Counted against the desired capacity."""
        return self.lifecycle_state == "InService" or self.lifecycle_state.startswith("Pending")

    @property
    def transition(self) -> Transition | None:
        """What its hooks wait for; None when it is not in a wait state."""
        if self.lifecycle_state == "Pending:Wait":
            return "launching"
        return "terminating" if self.lifecycle_state == "Terminating:Wait" else None


def members_of(group: FakeAutoScalingGroup) -> list[Member]:
    return [state for state in group.instance_states if isinstance(state, Member)]


def source_of(group: FakeAutoScalingGroup) -> Source:
    """The version that the group's own configuration means now; $Latest and $Default become a number."""
    template = group.ec2_launch_template
    if template is None:
        raise ValueError(f"group {group.name} has no launch template")
    return Source(template=template, version=template.get_version(group.launch_template_version).number)


def start_instance(group: FakeAutoScalingGroup, *, source: Source, machine: Machine, shortages: Shortages) -> Any:
    """Run one instance as the launch template and ``machine`` say; NoCapacityError where there is none."""
    version = source.template.get_version(source.version)
    disks = version.data.get("BlockDeviceMappings") or []
    require_launchable(disks, region=group.region, account=group.ec2_backend.account_id)
    instance_type = machine.instance_type or version.instance_type
    market = {"MarketType": "spot"} if machine.spot else version.data.get("InstanceMarketOptions") or {}
    spot = market.get("MarketType") == "spot"
    shortages.require(instance_type, zone=_zone(group, machine.subnet_id), spot=spot)
    tags = convert_tag_spec(version.data.get("TagSpecifications", []))
    interface: dict[str, Any] = next(iter(version.data.get("NetworkInterfaces") or []), {})
    optional = {
        "instance_market_options": market if spot else None,  # moto takes any for spot
        # Without this moto adds a root volume of its own beside the template's and leaves it behind.
        "block_device_mappings": disks,
        # moto takes the groups of a template's own list only.
        "security_group_ids": interface.get("Groups"),
    }
    reservation = group.ec2_backend.run_instances(
        version.image_id,
        1,
        version.user_data,
        version.security_groups,
        instance_type=instance_type,
        tags={
            # CreateAutoScalingGroup, Tags: "overrides the value of that instance tag with the value specified by the
            # Auto Scaling group".
            "instance": tags.get("instance", {}) | group.get_propagated_tags() | {ASG_NAME_TAG: group.name},
            "volume": tags.get("volume", {}),
        },
        launch_template={"LaunchTemplateId": source.template.id, "Version": str(source.version)},
        is_instance_type_default=False,
        metadata_options=version.data.get("MetadataOptions", {}),
        ebs_optimized=version.data.get("EbsOptimized", False),
        subnet_id=machine.subnet_id,
        placement=None if machine.subnet_id else group.availability_zones[0],
        region_name=group.region,
        **{name: value for name, value in optional.items() if value},
    )
    instance: Any = reservation.instances[0]
    instance.autoscaling_group = group
    if market.get("MarketType") == "capacity-block":
        instance.lifecycle = "capacity-block"
    for attached in instance.nics.values():
        attached.add_tags(tags.get("network-interface", {}))
    profile = version.data.get("IamInstanceProfile") or {}
    if profile:
        group.ec2_backend.associate_iam_instance_profile(
            instance.id,
            iam_instance_profile_name=profile.get("Name"),
            iam_instance_profile_arn=profile.get("Arn"),
        )
    return instance


def _zone(group: FakeAutoScalingGroup, subnet_id: str | None) -> str:
    if subnet_id is None:
        return str(group.availability_zones[0])
    return str(group.ec2_backend.get_subnet(subnet_id).availability_zone)
