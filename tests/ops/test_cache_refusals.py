"""What ``ops cache delete`` never deletes."""

from __future__ import annotations

import json

import pytest

from ops.cache_volumes import Pools
from ops.errors import OpsError
from tests.ops.cache_slots import attach, make_volume, run_fleet, volume_ids
from tests.ops.deployed_stack import Folder
from tests.rehearsal.aws.cloud import Cloud


def test_a_volume_of_another_pool_is_refused_and_nothing_is_deleted(cloud: Cloud, folder: Folder) -> None:
    mine, other, untagged = make_volume(cloud), make_volume(cloud, pool="dev2"), make_volume(cloud, pool=None)
    done = folder.ops(
        "cache", "delete", "--stack", "dev", "--volume-id", mine, other, "--volume-id", untagged, "--yes", "--json"
    )
    assert done.returncode == 1
    errors = {error["path"]: error["message"] for error in json.loads(done.stdout)["errors"]}
    assert errors == {
        other: "it is not deleted: it is not in the cache pool of stack dev but of dev2",
        untagged: "it is not deleted: it is not in the cache pool of stack dev",
    }
    assert volume_ids(cloud) == {mine, other, untagged}


def test_an_attached_volume_is_refused_and_the_others_go(cloud: Cloud, folder: Folder) -> None:
    used, free = make_volume(cloud), make_volume(cloud)
    instance = attach(cloud, used)
    done = folder.ops("cache", "delete", "--stack", "dev", "--yes")
    assert done.returncode == 1
    assert f"deleted {free}" in done.stdout
    assert f"it is attached to {instance}" in done.stderr
    assert "left of stack dev:\nstack  volume" in done.stdout
    assert volume_ids(cloud) == {used}


def test_what_a_deployed_stack_holds_is_refused_also_by_its_id(cloud: Cloud, folder: Folder) -> None:
    held, orphan = make_volume(cloud), make_volume(cloud)
    run_fleet(cloud)
    folder.deploy("dev", {"cache_volume_ids": [held]})
    named = folder.ops("cache", "delete", "--stack", "dev", "--volume-id", held, "--yes")
    assert named.returncode == 1
    assert "stack dev is deployed and uses it" in named.stderr
    assert folder.ops("cache", "delete", "--stack", "dev", "--yes").returncode == 1
    assert volume_ids(cloud) == {held}
    assert orphan not in volume_ids(cloud)


@pytest.mark.parametrize("knows", [False, True])
def test_a_running_fleet_that_pulumi_cannot_tell_about_keeps_everything(
    cloud: Cloud, folder: Folder, knows: bool
) -> None:
    """Logged in to another backend, or without a passphrase: a spare slot is never attached, and yet needed."""
    volume = make_volume(cloud)
    run_fleet(cloud)
    if knows:
        (folder.path / "bin" / "pulumi").write_text("#!/bin/sh\necho 'error: passphrase must be set' >&2; exit 255\n")
    done = folder.ops("cache", "delete", "--stack", "dev", "--yes")
    assert done.returncode == 1
    assert "a fleet of stack dev runs" in done.stderr
    assert volume_ids(cloud) == {volume}


@pytest.mark.parametrize("fleet", [{"stack": "dev2"}, {"project": "other"}])
def test_another_stacks_fleet_keeps_nothing(cloud: Cloud, folder: Folder, fleet: dict[str, str]) -> None:
    make_volume(cloud)
    run_fleet(cloud, **fleet)
    assert folder.ops("cache", "delete", "--stack", "dev", "--yes").returncode == 0
    assert volume_ids(cloud) == set()


def test_a_volume_that_is_claimed_meanwhile_stays(
    cloud: Cloud, folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS has the last word."""
    for name, value in cloud.aws.environment().items():
        monkeypatch.setenv(name, value)
    volume = make_volume(cloud)
    pools = Pools.of("us-east-1", environment={})
    attach(cloud, volume)
    with pytest.raises(OpsError, match=f"could not delete {volume}"):
        pools.delete(volume)
