"""A completed snapshot, small enough for any volume.

CreateVolume, Size: "If you specify a snapshot, the default is the snapshot size [...] you can specify a volume size
that is equal to or larger than the snapshot size."
"""

from __future__ import annotations

from moto.ec2.models import ec2_backends, elastic_block_store

from rehearsal.aws.given.chosen import ACCOUNT, next_id

_SIZE_GIB = 1


def make_snapshot(snapshot_id: str, *, region: str) -> None:
    backend = ec2_backends[ACCOUNT][region]
    if snapshot_id in backend.snapshots:
        return
    zone = backend.describe_availability_zones()[0].name
    source = backend.create_volume(size=_SIZE_GIB, zone_name=zone, encrypted=True)
    with next_id(elastic_block_store, "random_snapshot_id", snapshot_id):
        backend.create_snapshot(source.id, description="given to the rehearsal")
    backend.delete_volume(source.id)
