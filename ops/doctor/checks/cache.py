"""The cache: the snapshot that new slots start from, and the volumes that are there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from botocore.exceptions import ClientError

from ops.cache_volumes import Pools, Volume
from ops.clients import code_of
from ops.doctor.case import Case
from ops.doctor.check import Check
from ops.doctor.checks.offered import zones_of
from ops.doctor.model import Finding, error, ok, warning

GONE = ("InvalidSnapshot.NotFound", "InvalidSnapshotID.Malformed")


def _look(case: Case) -> Iterator[Finding]:
    if case.config.cache.snapshot_id is not None:
        yield _of_snapshot(case, case.config.cache.snapshot_id)
    pools = Pools(
        ec2=case.client("ec2"),
        autoscaling=case.client("autoscaling"),
        region=case.config.region,
        environment=case.environment,
    )
    volumes = pools.of_stack(case.config.stack)
    held = frozenset(map(str, case.outputs.get("cache_volume_ids") or ()))
    faults = [*faults_of(volumes, stack=case.config.stack, held=held, zones=zones_of(case))]
    yield from faults or [ok(f"{len(volumes)} slots, all in use by the stack" if volumes else "no slots yet")]


def _of_snapshot(case: Case, snapshot_id: str) -> Finding:
    bake = f"python -m ops bake --stack {case.config.stack}, or leave out vllm:cache.snapshotId"
    try:
        found = case.client("ec2").describe_snapshots(SnapshotIds=[snapshot_id])["Snapshots"][0]
    except ClientError as refused:
        if code_of(refused) not in GONE:
            raise
        return error(f"there is no snapshot {snapshot_id} in {case.config.region}", fix=bake)
    size, slot = found["VolumeSize"], case.plan.cache.size_gib
    if found["State"] == "pending":
        wait = f"aws ec2 wait snapshot-completed --snapshot-ids {snapshot_id} --region {case.config.region}"
        return error(
            f"{snapshot_id} is at {found.get('Progress') or 'its beginning'}: no volume starts from it yet", fix=wait
        )
    if found["State"] != "completed":
        return error(f"{snapshot_id} is in state {found['State']}", fix=bake)
    if size > slot:
        return error(
            f"{snapshot_id} is of {size} GiB, a slot has {slot}: AWS makes no smaller volume from it",
            fix=f"vllm:cache: {{sizeGib: {size}}}",
        )
    return ok(f"{snapshot_id}, {size} GiB, for slots of {slot}")


def faults_of(
    volumes: Sequence[Volume], *, stack: str, held: frozenset[str], zones: Sequence[str]
) -> Iterator[Finding]:
    """``held``: ids that the deployed stack names; ``zones``: its own, none where they are not known."""
    own = [volume for volume in volumes if volume.id in held]
    if missing := sorted(held - {volume.id for volume in volumes}):
        yield error(
            f"{', '.join(missing)}: the stack counts on them, and they are gone",
            fix=f"pulumi up --stack {stack} --refresh",
        )
    for volume in own:
        if volume.state == "error":
            yield error(
                f"{volume.id} has failed: its hosts find no slot",
                fix=f"aws ec2 describe-volume-status --volume-ids {volume.id}",
            )
    stranded = [volume for volume in volumes if zones and volume.zone not in zones]
    if stranded:
        yield warning(
            f"{_named(stranded)}: not in a zone of the stack ({', '.join(zones)}), so no host of it can use them",
            fix=_delete(stack, stranded),
        )
    orphans = [
        volume for volume in volumes if volume.id not in held and volume not in stranded and volume.instance is None
    ]
    if orphans:
        why = "the stack does not count on them" if held else "left by a stack that is gone"
        yield warning(f"{_named(orphans)}: {why}{_cost(orphans)}", fix=_delete(stack, orphans))


def _named(volumes: Sequence[Volume]) -> str:
    return ", ".join(f"{volume.id} in {volume.zone}" for volume in volumes)


def _cost(volumes: Sequence[Volume]) -> str:
    usd = sum(volume.monthly_usd or 0 for volume in volumes)
    return f", about {usd:.0f} USD a month" if usd else ""


def _delete(stack: str, volumes: Sequence[Volume]) -> str:
    return f"python -m ops cache delete --stack {stack} --volume-id {' '.join(volume.id for volume in volumes)}"


CHECK = Check(
    id="cache",
    asks="Is the snapshot complete and no larger than a slot? Are all volumes in the stack's zones, and all used?",
    look=_look,
    needs="aws",
    calls=("ec2:DescribeSnapshots", "ec2:DescribeVolumes", "autoscaling:DescribeAutoScalingGroups"),
)
