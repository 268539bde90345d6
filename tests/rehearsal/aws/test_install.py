"""The extensions stay additions: installed once, and gone when moto brings the same."""

from __future__ import annotations

import subprocess
import sys

import pytest
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
ADDED_TO_CLOUDWATCH = ("put_composite_alarm", "describe_alarm_history")
ADDED_TO_AMP = tuple(f"{verb}_alert_manager_definition" for verb in ("create", "describe", "put", "delete"))


def test_a_second_install_changes_nothing() -> None:
    install()
    before = (AutoScalingResponse.call_action, EBSBackend.attach_volume)
    install()
    assert (AutoScalingResponse.call_action, EBSBackend.attach_volume) == before
    assert all(hasattr(AutoScalingResponse, action) for action in ADDED)


@pytest.mark.parametrize(
    ("response", "own", "added"),
    [
        ("autoscaling.responses.AutoScalingResponse", "put_lifecycle_hook", ADDED),
        ("cloudwatch.responses.CloudWatchResponse", "put_metric_alarm", ADDED_TO_CLOUDWATCH),
        ("amp.responses.PrometheusServiceResponse", "create_workspace", ADDED_TO_AMP),
    ],
)
def test_moto_itself_still_lacks_what_is_added(response: str, own: str, added: tuple[str, ...]) -> None:
    """When this fails, a newer moto has an action of its own: delete ours."""
    module, _, name = response.rpartition(".")
    asked = f"from moto.{module} import {name} as r; print(*(n for n in dir(r) if n[0] != '_'))"
    names = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True).stdout.split()
    assert own in names
    assert not set(added) & set(names)
