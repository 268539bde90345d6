"""A host that ends gives its slot back, and only what is no longer mounted."""

from __future__ import annotations

import pytest

from tests.userdata.disks import OTHER, SCRATCH, ZONE, Disks, volume
from tests.userdata.host import INSTANCE, Host, Result

RELEASE = """#!/usr/bin/env bash
set -Eeuo pipefail
. "$SCRIPTS_DIR/lib.sh"
. "$SCRIPTS_DIR/aws.sh"
. "$SCRIPTS_DIR/slots.sh"
release_slot
"""


def release(host: Host) -> Result:
    host.path("opt/release.sh").write_text(RELEASE)
    return host.run("release.sh", variables={"INSTANCE_ID": INSTANCE, "ZONE": ZONE, "DEADLINE_AT_S": "9999"})


@pytest.fixture
def disks(host: Host) -> Disks:
    """This host has a slot, and everything that the boot mounts is mounted."""
    volumes = [volume("vol-0a", holder=INSTANCE), volume("vol-0b", holder=OTHER)]
    disks = Disks(host=host, volumes=[*volumes, volume("vol-0c", holder=INSTANCE, tags=SCRATCH)])
    host.fake("mountpoint", ":")
    for name in ("docker", "containerd"):
        (host.path("cache/engine") / name).mkdir(parents=True)
        host.path(name).rmdir()
        host.path(name).symlink_to(host.path("cache/engine") / name)
    return disks


def test_the_slot_is_detached_once_nothing_is_mounted(disks: Disks) -> None:
    assert release(disks.host).status == 0
    assert disks.host.calls("umount") == [
        f"umount {disks.host.path(name)}" for name in ("docker", "containerd", "cache")
    ]
    assert disks.attachments("vol-0a") == []
    assert not disks.holds("vol-0b")


def test_a_scratch_volume_stays_attached_and_so_is_deleted_with_the_instance(disks: Disks) -> None:
    assert release(disks.host).status == 0
    assert disks.holds("vol-0c")


def test_what_is_busy_for_a_moment_is_tried_again(disks: Disks) -> None:
    tries = disks.host.path("tries")
    disks.host.fake("umount", f"echo x >>{tries}; (($(wc -l <{tries}) > 2))")
    assert release(disks.host).status == 0
    assert disks.attachments("vol-0a") == []


def test_what_stays_mounted_is_not_detached(disks: Disks) -> None:
    disks.host.fake("umount", f'[[ $1 != "{disks.host.path("cache")}" ]]')
    assert release(disks.host).status != 0
    assert disks.holds("vol-0a")


def test_every_slot_that_this_host_has_is_given_back(host: Host) -> None:
    disks = Disks(host=host, volumes=[volume("vol-0a", holder=INSTANCE), volume("vol-0b", holder=INSTANCE)])
    assert release(host).status == 0
    assert disks.attachments("vol-0a") == disks.attachments("vol-0b") == []
    assert host.calls("umount") == []
