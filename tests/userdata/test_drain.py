"""From 'this host ends' to the completed hook."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.userdata.cloud_cli import play_cloud
from tests.userdata.host import INSTANCE, Host, make_host

CAUSE = "the group terminates this instance"
RELEASED = f"{CAUSE}: vLLM stopped, the slot is free"


@pytest.fixture
def host(tmp_path: Path) -> Host:
    """A host that serves from its slot."""
    host = make_host(tmp_path / "host")
    for program in ("systemctl", "umount", "mountpoint"):
        host.fake(program, ":")
    for name in ("docker", "containerd"):
        (host.path("cache/engine") / name).mkdir(parents=True)
        host.path(name).rmdir()
        host.path(name).symlink_to(host.path("cache/engine") / name)
    return host


def acts(host: Host) -> list[str]:
    """What changed something, in order."""
    verbs = ("systemctl", "umount", "aws ec2 detach", "aws logs put-log-events", "aws autoscaling complete")
    return [call for call in host.calls() if call.startswith(verbs)]


def test_requests_end_before_the_slot_and_the_slot_before_the_hook(host: Host) -> None:
    play_cloud(host, targets=["draining"], states=["Terminating:Wait"])
    result = host.run("drain.sh", CAUSE)
    assert result.status == 0, result.output
    done = acts(host)
    (told,) = [call for call in done if "put-log-events" in call]
    assert [call for call in done if call != told] == [
        "systemctl stop vllm-boot.service",
        "systemctl stop vllm.service",
        "systemctl stop docker.socket docker.service containerd.service",
        f"umount {host.path('docker')}",
        f"umount {host.path('containerd')}",
        f"umount {host.path('cache')}",
        "aws ec2 detach-volume --volume-id vol-0a",
        f"aws autoscaling complete-lifecycle-action --auto-scaling-group-name vllm-group --instance-id {INSTANCE}"
        " --lifecycle-hook-name vllm-terminating --lifecycle-action-result CONTINUE",
    ]
    # With the hook the instance may end at any moment, and with it the words.
    assert done.index(told) == len(done) - 2
    (event,) = host.events()
    assert (event["step"], event["status"], event["reason"]) == ("drain", "ok", RELEASED)


def test_a_host_that_has_no_slot_yet_ends_without_one(host: Host) -> None:
    play_cloud(host, targets=["None"], states=["Terminating:Wait"])
    host.fake("mountpoint", "exit 1")
    for name in ("docker", "containerd"):
        host.path(name).unlink()
        host.path(name).mkdir()
    result = host.run("drain.sh", CAUSE)
    assert result.status == 0
    assert host.calls("umount") == []
    assert "was not released" not in result.output
    assert len(host.calls("aws autoscaling complete-lifecycle-action")) == 1


def test_a_slot_that_stays_busy_is_not_detached_but_the_hook_is_completed(host: Host) -> None:
    play_cloud(host, targets=["None"], states=["Terminating:Wait"])
    host.fake("umount", "echo 'target is busy' >&2; exit 32")
    result = host.run("drain.sh", CAUSE)
    assert result.status == 0
    assert host.calls("aws ec2 detach-volume") == []
    assert len(host.calls("aws autoscaling complete-lifecycle-action")) == 1
    (event,) = host.events()
    assert event["status"] == "warning"
    assert "the slot was not released" in event["reason"]


def test_a_log_group_that_takes_nothing_holds_up_no_end(host: Host) -> None:
    play_cloud(host, targets=["None"], states=["Terminating:Wait"])
    aws = host.path("bin/aws").read_text()
    host.path("bin/aws").write_text(aws.replace('case "$*" in', 'case "$*" in\n*logs*) exit 255 ;;', 1))
    result = host.run("drain.sh", CAUSE)
    assert result.status == 0
    assert f"vllm: drain: {RELEASED}" in result.output
    assert len(host.calls("aws autoscaling complete-lifecycle-action")) == 1


def test_the_hook_is_waited_for_when_the_metadata_is_ahead_of_the_group(host: Host) -> None:
    play_cloud(host, targets=["None"], states=["InService", "Terminating", "Terminating:Wait"])
    assert host.run("drain.sh", CAUSE).status == 0
    assert len(host.calls("aws autoscaling complete-lifecycle-action")) == 1


def test_without_a_waiting_hook_it_ends(host: Host) -> None:
    play_cloud(host, targets=["None"], states=["Terminating:Proceed"])
    result = host.run("drain.sh", CAUSE)
    assert result.status == 0
    assert "no terminating hook waits in state Terminating:Proceed" in result.output
    assert host.calls("aws autoscaling complete-lifecycle-action") == []


def test_a_failed_stop_is_reported_to_the_agent_which_tries_again(host: Host) -> None:
    play_cloud(host, targets=["None"], states=["Terminating:Wait"])
    host.fake("systemctl", "[[ $2 != vllm.service ]]")
    assert host.run("drain.sh", CAUSE).status != 0
    assert host.calls("umount") == []
    assert host.calls("aws autoscaling complete-lifecycle-action") == []
