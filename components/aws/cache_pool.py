"""The cache: a pool of persistent EBS volumes that hosts claim at boot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import pulumi
import pulumi_aws as aws

from components.aws.naming import CACHE_SLOT_TAG, Tags
from sizing.plan import CachePool as Pool
from userdata.options import CACHE_POOL_TAG

INITIALIZATION_MIBPS = 300  # the most that CreateVolume takes; paid once per GiB of the snapshot


@dataclass(frozen=True, kw_only=True)
class CachePoolArgs:
    """``zones``: where new slots go, one per zone of the plan. ``size_is_set``: the user named a size, so it acts.

    ``kms_key_arn``: of new slots; those that are there keep the key that they were made with.
    """

    pool: Pool
    zones: Sequence[pulumi.Input[str]]
    snapshot_id: str | None
    size_is_set: bool
    protect: bool
    tags: Tags
    kms_key_arn: pulumi.Input[str] | None = None


class CachePool(pulumi.ComponentResource):
    """``slots_per_zone`` volumes in each zone; nothing attaches them but a booting host.

    ``zones``: where the slots really are, which is where they were made, whatever the arguments say now.
    """

    volume_ids: Sequence[pulumi.Output[str]]
    zones: Sequence[pulumi.Output[str]]

    def __init__(self, name: str, args: CachePoolArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("vllm:components:CachePool", name, None, opts)
        self._name = name
        self._args = args
        volumes = [
            self._slot(zone_index=zone_index, zone=zone, slot=slot)
            for zone_index, zone in enumerate(args.zones)
            for slot in range(args.pool.slots_per_zone)
        ]
        self.volume_ids = [volume.id for volume in volumes]
        self.zones = [volume.availability_zone for volume in volumes]
        self.register_outputs({"volume_ids": self.volume_ids, "zones": self.zones})

    def _slot(self, *, zone_index: int, zone: pulumi.Input[str], slot: int) -> aws.ebs.Volume:
        args = self._args
        slot_name = f"{zone_index}-{slot}"
        slot_tags = {CACHE_POOL_TAG: args.tags.stack, CACHE_SLOT_TAG: slot_name}
        return aws.ebs.Volume(
            f"{self._name}-{slot_name}",
            availability_zone=_value_only(zone),
            size=args.pool.size_gib,
            type="gp3",
            iops=args.pool.iops,
            throughput=args.pool.throughput_mibps,
            encrypted=True,
            kms_key_id=args.kms_key_arn,
            snapshot_id=args.snapshot_id,
            # Else each block is fetched from S3 when it is first read, far slower than the volume: the first boot of a
            # seeded slot would be slower than one that downloads. AWS takes it with a snapshot only.
            volume_initialization_rate=INITIALIZATION_MIBPS if args.snapshot_id else None,
            tags=args.tags.named(f"cache-{slot_name}", **slot_tags),
            opts=pulumi.ResourceOptions(
                parent=self, protect=args.protect, ignore_changes=held_properties(size_is_set=args.size_is_set)
            ),
        )


def _value_only(zone: pulumi.Input[str]) -> pulumi.Output[str]:
    """The same value without the resource that it is of.

    A slot outlives its stack: `destroy --exclude-protected` keeps what a protected resource depends on, and the whole
    network would stay with the slots whose zones it names.
    """
    output = pulumi.Output.from_input(zone)

    async def value() -> str:
        return cast("str", await output.future())  # None while unknown, which is_known says

    return pulumi.Output(set(), value(), output.is_known(), output.is_secret())


def held_properties(*, size_is_set: bool) -> list[str]:
    """What a created slot keeps whatever the program says later.

    A change of the first four would replace it, and the model files with it. A derived size may shrink, which EBS
    refuses; one that the user sets acts (and only grows).
    """
    held = ["snapshotId", "kmsKeyId", "availabilityZone", "volumeInitializationRate"]
    return held if size_is_set else [*held, "size"]
