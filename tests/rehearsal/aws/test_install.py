"""The extensions stay additions: installed once, and gone when moto brings the same."""

from __future__ import annotations

import subprocess
import sys

from moto.autoscaling.responses import AutoScalingResponse
from moto.ec2.models.elastic_block_store import EBSBackend

from rehearsal.aws.install import install

ADDED = (
    "start_instance_refresh",
    "describe_instance_refreshes",
    "cancel_instance_refresh",
    "rollback_instance_refresh",
    "complete_lifecycle_action",
    "record_lifecycle_action_heartbeat",
)


def test_a_second_install_changes_nothing() -> None:
    install()
    before = (AutoScalingResponse.call_action, EBSBackend.attach_volume)
    install()
    assert (AutoScalingResponse.call_action, EBSBackend.attach_volume) == before
    assert all(hasattr(AutoScalingResponse, action) for action in ADDED)


def test_moto_itself_still_lacks_what_is_added() -> None:
    """When this fails, a newer moto has an action of its own: delete ours."""
    own = "from moto.autoscaling.responses import AutoScalingResponse as r; print(*(n for n in dir(r) if n[0] != '_'))"
    names = subprocess.run([sys.executable, "-c", own], capture_output=True, text=True, check=True).stdout.split()
    assert "put_lifecycle_hook" in names
    assert not set(ADDED) & set(names)
