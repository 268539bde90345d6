"""Whose an id is, where stacks share an account."""

from __future__ import annotations

from rehearsal.inventory.everything import account_ids
from rehearsal.inventory.owned import owned_ids
from tests.rehearsal.aws.cloud import GROUP, Cloud


def test_what_a_group_launched_is_its_stacks(played: Cloud) -> None:
    played.create_group(size=2)
    (volume, *_) = played.ec2.describe_volumes()["Volumes"]
    stray = played.ec2.create_volume(AvailabilityZone="us-east-1a", Size=1)["VolumeId"]
    owned = owned_ids(played.aws.client, state_ids={GROUP, "vol-state"})
    assert {GROUP, "vol-state", volume["VolumeId"]} <= owned
    assert stray not in owned
    assert {id_ for id_ in account_ids(played.aws.client) if id_.startswith("i-")} <= owned


def test_another_stacks_instances_are_not(played: Cloud) -> None:
    played.create_group()
    assert owned_ids(played.aws.client, state_ids={"other-group"}) == {"other-group"}
    assert owned_ids(played.aws.client, state_ids=set()) == frozenset()
