"""What happens to a group of two hosts behind a load balancer, one thing after the other, and what was lost by it."""

from __future__ import annotations

import base64
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace

from rehearsal.host.boot import BootedHost
from tests.e2e.host.front import Front
from tests.e2e.host.ground import Scene
from tests.e2e.host.load import Load, Streamed
from userdata.render import cloud_config

BOOT_TIMEOUT_S = 1200.0
CHANGE_TIMEOUT_S = 600.0
LONG = 1000  # tokens: so that answers are in flight wherever something happens
BURST = 4
# On the emulated AWS's clock, which is 200 times as fast: 12 s, and 30 s.
DEREGISTRATION_S = 2400
WARMUP_S = 6000


@dataclass(frozen=True, kw_only=True)
class Change:
    """``host``: whom it happened to. ``began_at``, ``left_at`` (it got no new requests any more) and ``over_at`` (two
    hosts serve again, or one fewer) of the monotonic clock."""

    name: str
    host: str
    began_at: float
    left_at: float
    over_at: float


@dataclass(frozen=True, kw_only=True)
class Effect:
    """``requests``: since the change before; ``during``: those that ran while it went on. Of the ``lost`` ones,
    ``in_flight`` had been sent to the host when it happened, and ``in_gap`` were sent there afterwards."""

    change: Change
    requests: int
    during: int
    lost: tuple[Streamed, ...]
    in_flight: int
    in_gap: int
    longest_wait_s: float

    @property
    def line(self) -> str:
        took_s = self.change.over_at - self.change.began_at
        gap_s = self.change.left_at - self.change.began_at
        return (
            f"{self.change.name:24}{self.requests:9}{self.during:8}{len(self.lost):6}{self.in_flight:11}{self.in_gap:8}"
            f"{self.longest_wait_s:8.1f} s{gap_s:8.1f} s{took_s:8.1f} s"
        )


HEADING = (
    f"{'':24}{'requests':>9}{'during':>8}{'lost':>6}{'in flight':>11}{'in gap':>8}{'wait':>8}  {'left':>8}  {'took':>8}"
)


@dataclass(kw_only=True)
class Group:
    """The hosts of a scene, by instance id, each behind the load balancer from its boot on."""

    scene: Scene
    front: Front
    load: Load
    hosts: dict[str, BootedHost] = field(default_factory=dict)
    _stacks: dict[str, ExitStack] = field(default_factory=dict)

    def boot(self, instance_id: str) -> BootedHost:
        stack = ExitStack()
        host = stack.enter_context(self.scene.boot(instance_id))
        self.hosts[instance_id], self._stacks[instance_id] = host, stack
        self.front.add(host)
        return host

    def end(self, *instance_ids: str) -> None:
        for instance_id in instance_ids:
            del self.hosts[instance_id]
            self._stacks.pop(instance_id).close()

    def await_rotation(self, host: BootedHost) -> None:
        me = host.spec.instance_id
        host.wait_until(lambda: me in self.front.targets, what="its place in the rotation", timeout_s=BOOT_TIMEOUT_S)

    def await_service(self, host: BootedHost) -> None:
        """It has answered a client from now on."""
        me, now_s = host.spec.instance_id, time.monotonic()
        self.await_rotation(host)
        host.wait_until(
            lambda: self.load.answered(me, since_s=now_s), what="an answer to a client", timeout_s=CHANGE_TIMEOUT_S
        )

    def await_new(self, *, beside: BootedHost) -> BootedHost:
        """The next instance that the group launches, booted and in service."""
        beside.wait_until(self._launched, what="a launch", timeout_s=CHANGE_TIMEOUT_S)
        host = self.boot(self.scene.stage.booting())
        host.wait_until_served(timeout_s=BOOT_TIMEOUT_S)
        self.await_service(host)
        return host

    def await_left(self, host: BootedHost, *, after_s: float) -> float:
        me = host.spec.instance_id
        host.wait_until(
            lambda: self.front.left_at(me, after_s=after_s) is not None, what="no new requests", timeout_s=300
        )
        return self.front.left_at(me, after_s=after_s) or after_s

    def fill(self, host: BootedHost) -> None:
        """Have long answers on their way from it, unless it takes none any more."""
        me = host.spec.instance_id
        self.load.burst(BURST, tokens=LONG)
        host.wait_until(
            lambda: self.load.in_flight(me, tokens=LONG) > 0 or me not in self.front.targets,
            what="long answers",
            timeout_s=300,
        )

    def _launched(self) -> bool:
        try:
            return bool(self.scene.stage.booting())
        except LookupError:
            return False


def crash(group: Group, host: BootedHost) -> Change:
    """The process of the engine is killed; what is around it is left to find out."""
    me = host.spec.instance_id
    pid = host.run("sh", "-c", "docker top vllm -eo pid,args | awk '/EngineCore/ {print $1}'").split()[0]
    group.fill(host)
    began_at = time.monotonic()
    host.run("kill", "-KILL", pid)
    left_at = group.await_left(host, after_s=began_at)
    group.await_service(host)
    return Change(name="crashed engine", host=me, began_at=began_at, left_at=left_at, over_at=time.monotonic())


def spot_notice(group: Group, host: BootedHost) -> Change:
    """EC2 takes a machine two minutes later, and the group launches another in its place."""
    me, stage = host.spec.instance_id, group.scene.stage
    (other,) = (each for id_, each in group.hosts.items() if id_ != me)
    group.fill(host)
    began_at = time.monotonic()
    host.world.give_spot_notice()
    left_at = group.await_left(host, after_s=began_at)
    host.wait_until(
        lambda: not any(me in held for held in stage.volumes().values()), what="a free slot", timeout_s=CHANGE_TIMEOUT_S
    )
    stage.aws.client("ec2").terminate_instances(InstanceIds=[me])
    group.end(me)
    group.await_new(beside=other)
    return Change(name="spot notice", host=me, began_at=began_at, left_at=left_at, over_at=time.monotonic())


def new_version(group: Group, arguments: tuple[str, ...]) -> None:
    """As `pulumi up` does it: the group gets the new version of the template before the refresh begins."""
    options = group.scene.options
    group.scene = replace(group.scene, options=replace(options, plan=replace(options.plan, vllm_args=arguments)))
    stage, ec2 = group.scene.stage, group.scene.stage.aws.client("ec2")
    (before,) = ec2.describe_launch_template_versions(LaunchTemplateName=stage.group, Versions=["1"])[
        "LaunchTemplateVersions"
    ]
    user_data = base64.b64encode(cloud_config(group.scene.options).encode()).decode()
    ec2.create_launch_template_version(
        LaunchTemplateName=stage.group, LaunchTemplateData={**before["LaunchTemplateData"], "UserData": user_data}
    )
    stage.aws.client("autoscaling").update_auto_scaling_group(
        AutoScalingGroupName=stage.group, LaunchTemplate={"LaunchTemplateName": stage.group, "Version": "2"}
    )


def refresh(group: Group, host: BootedHost) -> Change:
    """Each host of the former version, which ``host`` alone is, is replaced by one that serves before it goes."""
    me, stage = host.spec.instance_id, group.scene.stage
    autoscaling = stage.aws.client("autoscaling")
    began_at = time.monotonic()
    autoscaling.start_instance_refresh(
        AutoScalingGroupName=stage.group,
        DesiredConfiguration={"LaunchTemplate": {"LaunchTemplateName": stage.group, "Version": "2"}},
        Preferences={
            "MinHealthyPercentage": 100,
            "MaxHealthyPercentage": 150,
            "InstanceWarmup": WARMUP_S,
            "SkipMatching": True,
            "AutoRollback": True,
        },
    )
    new = group.await_new(beside=host)
    group.fill(host)
    left_at = group.await_left(host, after_s=began_at)
    host.wait_until_released()
    group.end(me)

    def ended() -> bool:
        (found,) = autoscaling.describe_instance_refreshes(AutoScalingGroupName=stage.group)["InstanceRefreshes"]
        return bool(found["Status"] == "Successful")

    new.wait_until(ended, what="the end of the refresh", timeout_s=CHANGE_TIMEOUT_S)
    return Change(name="rolling refresh", host=me, began_at=began_at, left_at=left_at, over_at=time.monotonic())


def scale_in(group: Group, host: BootedHost) -> Change:
    """By one; ``host`` is the one that the group will choose."""
    me = host.spec.instance_id
    group.fill(host)
    began_at = time.monotonic()
    group.scene.stage.set_capacity(len(group.hosts) - 1)
    left_at = group.await_left(host, after_s=began_at)
    host.wait_until_released()
    group.end(me)
    return Change(name="scale-in", host=me, began_at=began_at, left_at=left_at, over_at=time.monotonic())


def effects(changes: Sequence[Change], requests: Sequence[Streamed], *, since_s: float) -> tuple[Effect, ...]:
    """Each request belongs to the change that it began before or in; the last change has the rest."""
    found = []
    for number, change in enumerate(changes):
        until_s = change.over_at if number < len(changes) - 1 else float("inf")
        mine = [each for each in requests if since_s <= each.began_at < until_s]
        lost = tuple(each for each in mine if each.is_lost)
        there = [each for each in lost if each.target == change.host]
        found.append(
            Effect(
                change=change,
                requests=len(mine),
                during=sum(each.ended_at >= change.began_at and each.began_at < change.over_at for each in mine),
                lost=lost,
                in_flight=sum(each.began_at < change.began_at for each in there),
                in_gap=sum(each.began_at >= change.began_at for each in there),
                longest_wait_s=max((each.waited_s for each in mine), default=0.0),
            )
        )
        since_s = until_s
    return tuple(found)
