"""What ``ops bake`` does in AWS: a builder beside the group, the slot that it fills, and the snapshot of that slot.

Everything that a later run has to know is in tags, so that an interrupted bake goes on.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ops.clients import aws_errors, client_config, code_of, session
from ops.errors import failure
from ops.rollout.groups import template_of
from ops.rollout.state import HostReport
from ops.rollout.view import host_events
from userdata.options import CACHE_POOL_TAG

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_ec2 import EC2Client
    from mypy_boto3_logs import CloudWatchLogsClient

    from ops.outputs import Deployed

BUILDER_TAG = "vllm:builder"  # on a builder: the stack; on a snapshot: the builder
TEMPLATE_TAG = "vllm:template"  # what a builder or a snapshot was made from
SLOT_TAG = "vllm:builder-slot"  # on a builder that has served: the volume to take the snapshot of
NO_CAPACITY = {"InsufficientInstanceCapacity", "Unsupported"}  # in this zone; another may have some
ALIVE = ("pending", "running")


@dataclass(frozen=True, kw_only=True)
class Source:
    """One numbered version of the group's launch template; the subnets that it launches into, and the tags it gives."""

    template_id: str
    version: str
    subnet_ids: tuple[str, ...]
    tags: Mapping[str, str]

    def __str__(self) -> str:
        return f"{self.template_id}/{self.version}"


@dataclass(frozen=True, kw_only=True)
class Builder:
    """``slot``: the volume that it has filled, None until it has served."""

    id: str
    state: str
    slot: str | None


@dataclass(frozen=True, kw_only=True)
class Slot:
    """``instance``: what it is attached to, None when it is free."""

    id: str
    zone: str
    instance: str | None


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    id: str
    state: str  # pending, completed or error
    progress: str  # as AWS says it, "42%"


@dataclass(frozen=True, kw_only=True)
class Workshop:
    """One deployed stack. ``about``: tags that say what a snapshot holds. Every method raises OpsError."""

    ec2: EC2Client
    autoscaling: AutoScalingClient
    logs: CloudWatchLogsClient
    stack: str
    group: str
    log_group: str
    about: Mapping[str, str]

    @classmethod
    def of(cls, stack: Deployed, *, about: Mapping[str, str]) -> Workshop:
        aws, config = session(stack.region), client_config()
        return cls(
            ec2=aws.client("ec2", config=config),
            autoscaling=aws.client("autoscaling", config=config),
            logs=aws.client("logs", config=config),
            stack=stack.stack,
            group=stack.output("autoscaling_group"),
            log_group=stack.output("log_group"),
            about=about,
        )

    def source(self) -> Source:
        with aws_errors("read the group"):
            groups = self.autoscaling.describe_auto_scaling_groups(AutoScalingGroupNames=[self.group])
        if not groups["AutoScalingGroups"]:
            message = "this Auto Scaling group is gone: pulumi refresh, then pulumi up"
            raise failure(path="bake", given=self.group, message=message)
        group: Mapping[str, Any] = groups["AutoScalingGroups"][0]
        template = template_of(group)
        return Source(
            template_id=template["LaunchTemplateId"],
            version=str(template["Version"]),
            subnet_ids=tuple(group["VPCZoneIdentifier"].split(",")),
            tags=_tags_of(group),
        )

    def slots(self) -> list[Slot]:
        """Of the stack's pool; a scratch volume is none."""
        with aws_errors("look at the cache slots"):
            found = self.ec2.describe_volumes(Filters=[_tag(CACHE_POOL_TAG, self.stack)])["Volumes"]
        return [
            Slot(
                id=raw["VolumeId"],
                zone=raw["AvailabilityZone"],
                instance=next((each.get("InstanceId") for each in raw.get("Attachments", [])), None),
            )
            for raw in found
        ]

    def subnets_by_zone(self, source: Source) -> dict[str, str]:
        with aws_errors("read the group's subnets"):
            found = self.ec2.describe_subnets(SubnetIds=list(source.subnet_ids))["Subnets"]
        return {raw["AvailabilityZone"]: raw["SubnetId"] for raw in found}

    def builders(self, source: Source) -> list[Builder]:
        """The newest first; terminated ones too, which AWS shows for about an hour."""
        filters = [_tag(BUILDER_TAG, self.stack), _tag(TEMPLATE_TAG, str(source))]
        with aws_errors("look for a builder"):
            pages = self.ec2.describe_instances(Filters=filters)["Reservations"]
        found = [raw for page in pages for raw in page.get("Instances", [])]
        found.sort(key=lambda raw: raw["LaunchTime"], reverse=True)
        return [
            Builder(id=raw["InstanceId"], state=raw["State"]["Name"], slot=_tags_of(raw).get(SLOT_TAG)) for raw in found
        ]

    def launch(self, source: Source, *, subnet_id: str) -> Builder | None:
        """None when the zone of the subnet has no such instance now."""
        with aws_errors("launch the builder"):
            data: Mapping[str, Any] = self.ec2.describe_launch_template_versions(
                LaunchTemplateId=source.template_id, Versions=[source.version]
            )["LaunchTemplateVersions"][0]["LaunchTemplateData"]
            try:
                launched = self.ec2.run_instances(
                    MinCount=1,
                    MaxCount=1,
                    LaunchTemplate={"LaunchTemplateId": source.template_id, "Version": source.version},
                    # The template's interface has no subnet, which the group adds itself.
                    NetworkInterfaces=[_interface(data, subnet_id=subnet_id)],
                    TagSpecifications=self._launch_tags(data, source=source),
                )
            except ClientError as error:
                if code_of(error) in NO_CAPACITY:
                    return None
                raise
        return Builder(id=launched["Instances"][0]["InstanceId"], state="pending", slot=None)

    def _launch_tags(self, data: Mapping[str, Any], *, source: Source) -> list[Any]:
        """Those of the template; the instance also gets what hosts have from the group, and its own."""
        by_kind = {each["ResourceType"]: _tags_of(each) for each in data.get("TagSpecifications", [])}
        own = {"Project": "vllm", "Stack": self.stack, "Name": f"vllm-{self.stack}-builder"}
        by_kind["instance"] = {
            **by_kind.get("instance", {}),
            **source.tags,
            **own,
            BUILDER_TAG: self.stack,
            TEMPLATE_TAG: str(source),
        }
        return [{"ResourceType": kind, "Tags": _pairs(tags)} for kind, tags in by_kind.items()]

    def state(self, builder_id: str) -> str:
        """``pending`` also while EC2 does not know its newest instance everywhere yet."""
        with aws_errors("look at the builder"):
            try:
                found = self.ec2.describe_instances(InstanceIds=[builder_id])["Reservations"]
            except ClientError as error:
                if code_of(error) != "InvalidInstanceID.NotFound":
                    raise
                return "pending"
        return str(found[0]["Instances"][0]["State"]["Name"])

    def events(self, builder_id: str) -> list[HostReport]:
        """What it has said of its boot, the oldest first."""
        with aws_errors("read the builder's log"):
            return host_events(self.logs, log_group=self.log_group, instance_id=builder_id)

    def terminate(self, builder_id: str, *, slot: str | None = None) -> None:
        with aws_errors(f"terminate the builder {builder_id}"):
            if slot is not None:
                self.ec2.create_tags(Resources=[builder_id], Tags=_pairs({SLOT_TAG: slot}))
            if self.state(builder_id) != "terminated":
                self.ec2.terminate_instances(InstanceIds=[builder_id])

    def snapshots(self) -> list[tuple[Snapshot, Mapping[str, str]]]:
        """Of the stack's pool, with their tags, the newest first."""
        with aws_errors("look for snapshots"):
            found = self.ec2.describe_snapshots(OwnerIds=["self"], Filters=[_tag(CACHE_POOL_TAG, self.stack)])
        raws = sorted(found["Snapshots"], key=lambda raw: raw["StartTime"], reverse=True)
        return [(_snapshot(raw), _tags_of(raw)) for raw in raws]

    def take_snapshot(self, builder: Builder, *, volume_id: str, source: Source) -> Snapshot:
        tags = {
            "Project": "vllm",
            "Stack": self.stack,
            "Name": f"vllm-{self.stack}-cache",
            **self.about,
            CACHE_POOL_TAG: self.stack,
            TEMPLATE_TAG: str(source),
            BUILDER_TAG: builder.id,
        }
        with aws_errors(f"take a snapshot of {volume_id}"):
            made = self.ec2.create_snapshot(
                VolumeId=volume_id,
                Description=f"cache of vLLM stack {self.stack}",
                TagSpecifications=[{"ResourceType": "snapshot", "Tags": _pairs(tags)}],
            )
        return _snapshot(made)


def _interface(data: Mapping[str, Any], *, subnet_id: str) -> Any:
    template: Mapping[str, Any] = (data.get("NetworkInterfaces") or [{}])[0]
    return {
        "DeviceIndex": 0,
        "SubnetId": subnet_id,
        "Groups": list(template.get("Groups", [])),
        "AssociatePublicIpAddress": False,
        "DeleteOnTermination": True,
    }


def _snapshot(raw: Mapping[str, Any]) -> Snapshot:
    return Snapshot(id=raw["SnapshotId"], state=raw["State"], progress=raw.get("Progress", ""))


def _tag(key: str, value: str) -> Any:
    return {"Name": f"tag:{key}", "Values": [value]}


def _tags_of(raw: Mapping[str, Any]) -> dict[str, str]:
    pairs: Iterable[Mapping[str, str]] = raw.get("Tags", [])
    return {pair["Key"]: pair["Value"] for pair in pairs if not pair["Key"].startswith("aws:")}


def _pairs(tags: Mapping[str, str]) -> Any:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
