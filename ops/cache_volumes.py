"""The volumes of cache pools: what AWS holds, what it costs, and whether a deployed stack still counts on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from config.namespaces import NAMESPACE
from ops.clients import aws_errors, client_config, code_of, session
from ops.errors import OpsError
from ops.outputs import outputs_if_any
from sizing.cost import gp3_monthly_usd
from userdata.options import CACHE_POOL_TAG

if TYPE_CHECKING:
    from mypy_boto3_autoscaling import AutoScalingClient
    from mypy_boto3_ec2 import EC2Client

GONE = "InvalidVolume.NotFound"
LEAVING = ("deleting", "deleted")  # what was deleted a moment ago may still be described


@dataclass(frozen=True, kw_only=True)
class Volume:
    """``stack``: value of the pool's tag, None without one; ``held_by``: why it must stay, empty when nothing needs it.

    ``monthly_usd``: None for a kind of volume whose price is not listed.
    """

    id: str
    stack: str | None
    region: str
    zone: str
    size_gib: int
    state: str
    instance: str | None
    monthly_usd: float | None
    held_by: str = ""

    @property
    def refusal(self) -> str:
        """Why it is not deleted; empty when it may be."""
        if self.instance is not None:
            return f"it is attached to {self.instance}"
        return self.held_by or ("" if self.state in ("available", "error") else f"it is {self.state}")

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "held": bool(self.held_by)}


@dataclass(frozen=True, kw_only=True)
class Pools:
    """The cache volumes of one region."""

    ec2: EC2Client
    autoscaling: AutoScalingClient
    region: str
    environment: Mapping[str, str]

    @classmethod
    def of(cls, region: str, *, environment: Mapping[str, str]) -> Pools:
        aws, config = session(region), client_config()
        return cls(
            ec2=aws.client("ec2", config=config),
            autoscaling=aws.client("autoscaling", config=config),
            region=region,
            environment=environment,
        )

    def of_stack(self, stack: str) -> list[Volume]:
        """Every volume whose pool is exactly this stack, by zone and id. No name of a stack holds a filter's * or ?."""
        return self._with_holders(self._find([{"Name": f"tag:{CACHE_POOL_TAG}", "Values": [stack]}]))

    def all(self) -> list[Volume]:
        """Every volume of any pool, by stack, zone and id."""
        return self._with_holders(self._find([{"Name": "tag-key", "Values": [CACHE_POOL_TAG]}]))

    def by_id(self, ids: Sequence[str]) -> list[Volume]:
        """Those of these volumes that exist, whatever their tags; others are left out."""
        return self._with_holders(self._find([{"Name": "volume-id", "Values": list(ids)}]))

    def delete(self, volume_id: str) -> None:
        """Done also when it is gone already. OpsError when AWS refuses."""
        with aws_errors(f"delete {volume_id}"):
            try:
                self.ec2.delete_volume(VolumeId=volume_id)
            except ClientError as error:
                if code_of(error) != GONE:
                    raise

    def _find(self, filters: list[Any]) -> list[Volume]:
        with aws_errors("list the cache volumes"):
            pages = self.ec2.get_paginator("describe_volumes").paginate(Filters=filters)
            found = [_volume(raw, region=self.region) for page in pages for raw in page["Volumes"]]
        found = [volume for volume in found if volume.state not in LEAVING]
        return sorted(found, key=lambda volume: (volume.stack or "", volume.zone, volume.id))

    def _with_holders(self, volumes: Sequence[Volume]) -> list[Volume]:
        holds = {stack: self._holds(stack) for stack in {volume.stack for volume in volumes} if stack is not None}
        return [
            replace(volume, held_by=holds[volume.stack].reason(volume.id) if volume.stack else "") for volume in volumes
        ]

    def _holds(self, stack: str) -> Holds:
        """Pulumi is asked only where a fleet runs: without one nothing claims a volume, and the stack may be gone."""
        if not self._has_fleet(stack):
            return Holds(stack=stack)
        try:
            outputs = outputs_if_any(stack, environment=self.environment)
        except OpsError as error:
            return Holds(stack=stack, unknown=error.problem.message)
        if not outputs:
            return Holds(stack=stack, unknown="the backend that pulumi is logged in to has no such stack")
        return Holds(stack=stack, ids=frozenset(map(str, outputs.get("cache_volume_ids") or ())))

    def _has_fleet(self, stack: str) -> bool:
        own = {"Project": NAMESPACE, "Stack": stack}
        filters: list[Any] = [{"Name": f"tag:{name}", "Values": [value]} for name, value in own.items()]
        with aws_errors("look for a fleet of the stack"):
            pages = self.autoscaling.get_paginator("describe_auto_scaling_groups").paginate(Filters=filters)
            groups = [group for page in pages for group in page["AutoScalingGroups"]]
        tags = [{tag["Key"]: tag.get("Value") for tag in group.get("Tags", [])} for group in groups]
        return any(own.items() <= found.items() for found in tags)


@dataclass(frozen=True, kw_only=True)
class Holds:
    """``ids``: what the outputs of a stack with a fleet name; ``unknown``: why they could not be read."""

    stack: str
    ids: frozenset[str] = frozenset()
    unknown: str = ""

    def reason(self, volume_id: str) -> str:
        if self.unknown:
            return f"a fleet of stack {self.stack} runs, and what it holds is not known: {self.unknown}"
        return f"stack {self.stack} is deployed and uses it" if volume_id in self.ids else ""


def _volume(raw: Mapping[str, Any], *, region: str) -> Volume:
    tags = {tag["Key"]: tag["Value"] for tag in raw.get("Tags", [])}
    attached = [attachment["InstanceId"] for attachment in raw.get("Attachments", []) if attachment.get("InstanceId")]
    return Volume(
        id=raw["VolumeId"],
        stack=tags.get(CACHE_POOL_TAG),
        region=region,
        zone=raw["AvailabilityZone"],
        size_gib=raw["Size"],
        state=raw["State"],
        instance=attached[0] if attached else None,
        monthly_usd=_monthly_usd(raw),
    )


def _monthly_usd(raw: Mapping[str, Any]) -> float | None:
    iops, mibps = raw.get("Iops"), raw.get("Throughput")
    if raw.get("VolumeType") != "gp3" or iops is None or mibps is None:
        return None
    return round(gp3_monthly_usd(size_gib=raw["Size"], iops=iops, throughput_mibps=mibps), 2)
