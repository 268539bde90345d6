"""The check of the cache: snapshot, and volumes that nobody counts on, or that are in the wrong zone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from ops.cache_volumes import Volume
from ops.doctor.checks.cache import CHECK, faults_of
from tests.ops.cache_slots import attach, make_volume
from tests.ops.doctor.clinic import ZONES, Clinic
from tests.ops.doctor.looking import look

GONE = "snap-0123456789abcdef0"


def snapshot(clinic: Clinic, *, size_gib: int = 100) -> Any:
    """moto's own record of a completed one."""
    ec2 = clinic.cloud.ec2
    volume = ec2.create_volume(AvailabilityZone=ZONES[0], Size=size_gib)["VolumeId"]
    made = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
    ec2.delete_volume(VolumeId=volume)
    return clinic.ec2.snapshots[made]


def found(clinic: Clinic, *, outputs: Mapping[str, Any] | None = None, **cache: str) -> list[tuple[str, str, str]]:
    case = clinic.case(outputs=outputs, cache=cache)
    return [(each.level, each.seen, each.fix) for each in look(CHECK, case)]


def test_a_good_snapshot(clinic: Clinic) -> None:
    made = snapshot(clinic, size_gib=50)
    assert found(clinic, snapshotId=made.id)[0][:2] == ("ok", f"{made.id}, 50 GiB, for slots of 100")


@pytest.mark.parametrize(
    ("state", "says", "fix"),
    [
        ("pending", "no volume starts from it yet", "aws ec2 wait snapshot-completed --snapshot-ids"),
        ("error", "in state error", "python -m ops bake --stack dev"),
    ],
)
def test_one_that_is_not_complete(clinic: Clinic, state: str, says: str, fix: str) -> None:
    made = snapshot(clinic, size_gib=50)
    made.status = state
    level, seen, remedy = found(clinic, snapshotId=made.id)[0]
    assert (level, says in seen, remedy.startswith(fix)) == ("error", True, True)


def test_one_that_is_not_there(clinic: Clinic) -> None:
    level, seen, fix = found(clinic, snapshotId=GONE)[0]
    assert (level, seen) == ("error", f"there is no snapshot {GONE} in us-east-1")
    assert "leave out vllm:cache.snapshotId" in fix


def test_one_that_is_larger_than_a_slot(clinic: Clinic) -> None:
    level, _, fix = found(clinic, snapshotId=snapshot(clinic, size_gib=101).id)[0]
    assert (level, fix) == ("error", "vllm:cache: {sizeGib: 101}")


def test_what_a_former_stack_left_is_named_with_its_cost(clinic: Clinic) -> None:
    left = make_volume(clinic.cloud, zone=ZONES[0])
    make_volume(clinic.cloud, pool="prod", zone=ZONES[0])
    ((level, seen, fix),) = found(clinic)
    assert level == "warning"
    assert seen == f"{left} in {ZONES[0]}: left by a stack that is gone, about 17 USD a month"
    assert fix == f"python -m ops cache delete --stack dev --volume-id {left}"


def test_the_stacks_own_and_one_that_a_builder_holds_are_in_order(clinic: Clinic) -> None:
    own, builders = make_volume(clinic.cloud, zone=ZONES[0]), make_volume(clinic.cloud, zone=ZONES[0])
    attach(clinic.cloud, builders)
    held = {"cache_volume_ids": [own], "zones": ZONES}
    assert [level for level, _, _ in found(clinic, outputs=held)] == ["ok"]


def test_one_in_another_zone_is_of_no_use(clinic: Clinic) -> None:
    far = make_volume(clinic.cloud, zone="us-east-1d")
    ((level, seen, fix),) = found(clinic)
    assert (level, far in fix) == ("warning", True)
    assert "not in a zone of the stack (us-east-1a, us-east-1b)" in seen


def test_one_that_is_gone(clinic: Clinic) -> None:
    there, gone = make_volume(clinic.cloud, zone=ZONES[0]), "vol-0123456789abcdef0"
    held = {"cache_volume_ids": [there, gone], "zones": ZONES}
    (first,) = found(clinic, outputs=held)
    assert first == ("error", f"{gone}: the stack counts on them, and they are gone", "pulumi up --stack dev --refresh")


def test_one_that_has_failed() -> None:
    failed = Volume(
        id="vol-1",
        stack="dev",
        region="us-east-1",
        zone=ZONES[0],
        size_gib=100,
        state="error",
        instance=None,
        monthly_usd=17,
    )
    (finding,) = faults_of([failed], stack="dev", held=frozenset({"vol-1"}), zones=tuple(ZONES))
    assert (finding.level, finding.fix) == ("error", "aws ec2 describe-volume-status --volume-ids vol-1")
